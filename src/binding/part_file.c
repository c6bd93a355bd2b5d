/* Part files; download.c says what there is. */
#include "part_file.h"

#include "../core/download/download.h"

#include "arguments.h"
#include "journal.h"
#include "range.h"
#include "task.h"

enum { MAX_RANGES = 1024 * 1024 };

static void destroy(void *object) {
  glc_part_file_close(object);
}

static struct glc_part_file *check_file(lua_State *L) {
  return glc_check_object(L, 1, &glc_part_file_type);
}

int glc_new_part_file(lua_State *L) {
  struct glc_bytes path = glc_check_bytes(L, 1);
  struct glc_handle *handle = glc_new_handle(L, &glc_part_file_type);
  struct glc_error error;
  pid_t holder;

  handle->object = glc_part_file_open(path, &holder, &error);
  return handle->object != NULL ? 1
                                : glc_push_lock_failure(L, &error, holder);
}

static int file_size(lua_State *L) {
  struct glc_error error;
  int64_t size;

  if (glc_part_file_size(check_file(L), &size, &error) != GLC_OK) {
    return glc_push_failure(L, &error);
  }
  glc_push_count(L, (uint64_t)size);
  return 1;
}

/* file:allocate(size [, reserve]): unless that is false, with its space. */
static int file_allocate(lua_State *L) {
  const uint64_t size = glc_check_count(L, 2);
  const bool reserve = lua_isnoneornil(L, 3) || lua_toboolean(L, 3);
  struct glc_handle *handle = glc_new_handle(L, &glc_task_type);
  struct glc_error error;

  handle->object =
      glc_part_file_allocate(check_file(L), size, reserve, &error);
  return handle->object != NULL ? 1 : glc_push_failure(L, &error);
}

/* file:publish(target [, overwrite]) */
static int file_publish(lua_State *L) {
  struct glc_bytes target = glc_check_bytes(L, 2);
  struct glc_handle *handle = glc_new_handle(L, &glc_task_type);
  struct glc_error error;

  handle->object = glc_part_file_publish(check_file(L), target,
                                         lua_toboolean(L, 3), &error);
  return handle->object != NULL ? 1 : glc_push_failure(L, &error);
}

/* Item i of the list at `index`: {first, size}. */
static struct glc_hashed_range read_range(lua_State *L, int index, size_t i) {
  static const struct glc_hashed_range none;
  struct glc_hashed_range range = none;

  lua_rawgeti(L, index, (int)i + 1);
  luaL_checktype(L, -1, LUA_TTABLE);
  lua_rawgeti(L, -1, 1);
  range.first = glc_check_count(L, -1);
  lua_rawgeti(L, -2, 2);
  range.size = glc_check_count(L, -1);
  lua_pop(L, 3);
  return range;
}

static int file_hash(lua_State *L) {
  struct glc_hashed_range *ranges;
  struct glc_handle *handle;
  struct glc_error error;
  size_t count, i;

  luaL_checktype(L, 2, LUA_TTABLE);
  count = glc_check_length(L, 2, MAX_RANGES);
  ranges = lua_newuserdata(L, (count + 1) * sizeof *ranges);
  handle = glc_new_handle(L, &glc_task_type);
  for (i = 0; i < count; i++) {
    ranges[i] = read_range(L, 2, i);
  }
  handle->object = glc_part_file_hash(check_file(L), ranges, count, &error);
  return handle->object != NULL ? 1 : glc_push_failure(L, &error);
}

/* Leaves the strings that it reads on the stack; `state` is theirs no more. */
static void read_options(lua_State *L, int index,
                         struct glc_range_options *options,
                         struct glc_tree_state *state) {
  struct glc_bytes hashed = glc_field_bytes(L, index, "hashed");

  if (!lua_isnil(L, -1)) {
    if (!glc_tree_state_read(state, hashed)) {
      luaL_error(L, "field 'hashed': it is none of this version's");
    }
    options->hashed = state;
  }
  options->label = glc_field_bytes(L, index, "label");
  glc_push_field(L, index, "buffer");
  if (!lua_isnil(L, -1)) {
    options->buffer = (size_t)glc_check_count(L, lua_gettop(L));
  }
  glc_push_field(L, index, "journal");
  if (!lua_isnil(L, -1)) {
    options->journal =
        glc_check_object(L, lua_gettop(L), &glc_journal_type);
  }
}

/* file:range(first, size [, {hashed=, journal=, label=, buffer=}]) */
static int file_range(lua_State *L) {
  const uint64_t first = glc_check_count(L, 2);
  const uint64_t size = glc_check_count(L, 3);
  struct glc_range_options options = {NULL, NULL, {"", 0}, 0};
  struct glc_tree_state state;
  struct glc_handle *handle;
  struct glc_error error;

  lua_settop(L, 4);
  handle = glc_new_handle(L, &glc_range_type);
  if (!lua_isnil(L, 4)) {
    luaL_checktype(L, 4, LUA_TTABLE);
    read_options(L, 4, &options, &state);
  }
  handle->object =
      glc_range_open(check_file(L), first, size, &options, &error);
  if (handle->object == NULL) {
    return glc_push_failure(L, &error);
  }
  lua_pushvalue(L, 5);
  return 1;
}

static int file_close(lua_State *L) {
  return glc_close(L, &glc_part_file_type);
}

static const luaL_Reg methods[] = {
    {"size", file_size},       {"allocate", file_allocate},
    {"hash", file_hash},       {"range", file_range},
    {"publish", file_publish}, {"close", file_close},
    {NULL, NULL}};

const struct glc_type glc_part_file_type = {"glacier.part_file", destroy,
                                            methods, NULL};
