/* What a part file is doing in a thread; download.c says what there is. */
#include "task.h"

#include "../core/download/download.h"

#include "arguments.h"

static void destroy(void *object) {
  glc_task_close(object);
}

static struct glc_task *check_task(lua_State *L) {
  return glc_check_object(L, 1, &glc_task_type);
}

static int task_done(lua_State *L) {
  lua_pushboolean(L, glc_task_done(check_task(L)));
  return 1;
}

static void push_range(lua_State *L, const struct glc_hashed_range *range) {
  lua_createtable(L, 0, 3);
  glc_push_hex(L, range->root, sizeof range->root);
  lua_setfield(L, -2, "tree_hash");
  lua_pushlstring(L, range->state, range->state_size);
  lua_setfield(L, -2, "hashed");
  glc_push_count(L, range->hashed);
  lua_setfield(L, -2, "size");
}

/* Held: the results are the task's. */
static int result_held(lua_State *L) {
  struct glc_task *task = check_task(L);
  const struct glc_hashed_range *ranges;
  struct glc_error error;
  size_t count, i;

  if (glc_task_result(task, &error) != GLC_OK) {
    return glc_push_failure(L, &error);
  }
  ranges = glc_task_ranges(task, &count);
  if (ranges == NULL) {
    lua_pushboolean(L, 1);
    return 1;
  }
  lua_createtable(L, (int)count, 0);
  for (i = 0; i < count; i++) {
    push_range(L, &ranges[i]);
    lua_rawseti(L, -2, (int)i + 1);
  }
  return 1;
}

static int task_result(lua_State *L) {
  luaL_argcheck(L, glc_task_done(check_task(L)), 1, "it has not ended");
  return glc_hold(L, &glc_task_type, result_held);
}

static int task_close(lua_State *L) {
  return glc_close(L, &glc_task_type);
}

static const luaL_Reg methods[] = {{"done", task_done},
                                   {"result", task_result},
                                   {"close", task_close},
                                   {NULL, NULL}};

const struct glc_type glc_task_type = {"glacier.download_task", destroy,
                                       methods, NULL};
