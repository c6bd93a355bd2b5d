/*
 * glacier.core.inventory: a vault's inventory, piece by piece.
 *
 *   PIECE: the most bytes of a piece
 *   open([size]) -> reader     size: how many bytes the whole must have
 *   reader:next() -> archive
 *                  | "more"               feed or finish it
 *                  | "bad", row           {line= or row=, text=, reason=}
 *                  | "end"
 *                  | nil, failure         the same from here on
 *   reader:feed(bytes) -> true | nil, failure
 *   reader:finish()
 *   reader:close()
 *
 * An archive is a table of ArchiveId, ArchiveDescription, CreationDate, Size
 * and SHA256TreeHash. A failure is {kind=, code=, message=}, with line= or
 * row=, and is_cut = true where something is missing at the end.
 */
#include "../core/inventory/inventory.h"

#include "arguments.h"
#include "handle.h"
#include "module.h"

static void destroy_inventory(void *object) {
  glc_inventory_close(object);
}

static const struct glc_type inventory_type;

/* Absent: 0 and false. */
static bool read_size(lua_State *L, int index, uint64_t *size) {
  lua_Number number;

  *size = 0;
  if (lua_isnoneornil(L, index)) {
    return false;
  }
  number = luaL_checknumber(L, index);
  /* Written so that NaN is refused too. */
  luaL_argcheck(L, number >= 0 && number < 9.0e15, index, "out of range");
  *size = (uint64_t)number;
  return true;
}

static int open_reader(lua_State *L) {
  uint64_t size;
  const bool has_size = read_size(L, 1, &size);
  struct glc_handle *handle = glc_new_handle(L, &inventory_type);
  struct glc_inventory *inventory = glc_inventory_open();

  handle->object = inventory;
  if (inventory == NULL) {
    return luaL_error(L, "not enough memory");
  }
  if (has_size) {
    glc_inventory_expect(inventory, size);
  }
  return 1;
}

static int reader_feed(lua_State *L) {
  struct glc_bytes piece = glc_check_bytes(L, 2);
  struct glc_inventory *inventory = glc_check_object(L, 1, &inventory_type);
  struct glc_error error;

  if (glc_inventory_feed(inventory, piece, &error) != GLC_OK) {
    return glc_push_failure(L, &error);
  }
  lua_pushboolean(L, 1);
  return 1;
}

static int reader_finish(lua_State *L) {
  glc_inventory_finish(glc_check_object(L, 1, &inventory_type));
  return 0;
}

/* Exact up to 2^63 - 1 where Lua has integers of 64 bits, else up to 2^53. */
static void push_size(lua_State *L, uint64_t size) {
  if (GLC_HAS_INTEGERS && sizeof(lua_Integer) >= sizeof size) {
    lua_pushinteger(L, (lua_Integer)size);
  } else {
    lua_pushnumber(L, (lua_Number)size);
  }
}

static int push_archive(lua_State *L, const struct glc_archive *archive) {
  static const char *const names[] = {
#define GLC_NAME(symbol, name) name,
      GLC_ARCHIVE_FIELDS(GLC_NAME)
#undef GLC_NAME
  };
  int i;

  lua_createtable(L, 0, GLC_ARCHIVE_FIELD_COUNT);
  for (i = 0; i < GLC_ARCHIVE_FIELD_COUNT; i++) {
    if (i == GLC_ARCHIVE_SIZE) {
      push_size(L, archive->size);
    } else {
      glc_push_bytes(L, archive->fields[i]);
    }
    lua_setfield(L, -2, names[i]);
  }
  return 1;
}

/* Into the table on top: which line or row it is about. */
static void set_number(lua_State *L, const struct glc_inventory *inventory) {
  push_size(L, glc_inventory_row(inventory).number);
  lua_setfield(L, -2, glc_inventory_has_lines(inventory) ? "line" : "row");
}

static int push_bad_row(lua_State *L, const struct glc_inventory *inventory) {
  const struct glc_inventory_row row = glc_inventory_row(inventory);

  lua_pushliteral(L, "bad");
  lua_createtable(L, 0, 3);
  set_number(L, inventory);
  glc_push_bytes(L, row.text);
  lua_setfield(L, -2, "text");
  lua_pushstring(L, row.problem);
  lua_setfield(L, -2, "reason");
  return 2;
}

static int push_failed(lua_State *L, const struct glc_inventory *inventory,
                       const struct glc_error *error) {
  const int count = glc_push_failure(L, error);

  set_number(L, inventory);
  lua_pushboolean(L, glc_inventory_is_cut(inventory));
  lua_setfield(L, -2, "is_cut");
  return count;
}

/* Held: what was read is the reader's. */
static int next_held(lua_State *L) {
  struct glc_inventory *inventory = glc_check_object(L, 1, &inventory_type);
  struct glc_archive archive;
  struct glc_error error;

  switch (glc_inventory_next(inventory, &archive, &error)) {
    case GLC_INVENTORY_ARCHIVE:
      return push_archive(L, &archive);
    case GLC_INVENTORY_BAD:
      return push_bad_row(L, inventory);
    case GLC_INVENTORY_MORE:
      lua_pushliteral(L, "more");
      return 1;
    case GLC_INVENTORY_END:
      lua_pushliteral(L, "end");
      return 1;
    default:
      return push_failed(L, inventory, &error);
  }
}

static int reader_next(lua_State *L) {
  return glc_hold(L, &inventory_type, next_held);
}

static int reader_close(lua_State *L) {
  return glc_close(L, &inventory_type);
}

static const luaL_Reg methods[] = {{"next", reader_next},
                                   {"feed", reader_feed},
                                   {"finish", reader_finish},
                                   {"close", reader_close},
                                   {NULL, NULL}};

static const struct glc_type inventory_type = {
    "glacier.inventory", destroy_inventory, methods, NULL};

static const luaL_Reg functions[] = {{"open", open_reader}, {NULL, NULL}};

GLC_EXPORT int luaopen_glacier_core_inventory(lua_State *L);

int luaopen_glacier_core_inventory(lua_State *L) {
  glc_module_open(L);
  glc_new_type(L, &inventory_type);
  lua_newtable(L);
  glc_set_functions(L, functions);
  lua_pushinteger(L, GLC_INVENTORY_PIECE);
  lua_setfield(L, -2, "PIECE");
  return 1;
}
