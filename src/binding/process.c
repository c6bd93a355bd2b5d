/*
 * glacier.core.process: programs of the shell, without blocking.
 *
 *   start(command) -> handle | nil, failure
 *   handle:read() -> output, status | nil (not yet) | nil, failure
 *   handle:close()   ends the program if it runs; so does the collector
 *
 * A failure is {kind=, code=, message=}; a closed handle raises in read.
 */
#include "../core/process.h"

#include "arguments.h"
#include "handle.h"
#include "module.h"

static void destroy_process(void *object) {
  glc_process_close(object);
}

static const struct glc_type process_type;

static int start(lua_State *L) {
  struct glc_bytes command = glc_check_bytes(L, 1);
  struct glc_handle *handle = glc_new_handle(L, &process_type);
  struct glc_error error;

  handle->object = glc_process_start(command, &error);
  return handle->object != NULL ? 1 : glc_push_failure(L, &error);
}

/* Held: the output is the process's. */
static int read_held(lua_State *L) {
  struct glc_process *process = glc_check_object(L, 1, &process_type);
  struct glc_process_end end;
  struct glc_error error;

  if (glc_process_read(process, &end, &error) != GLC_OK) {
    return glc_push_failure(L, &error);
  } else if (!end.known) {
    lua_pushnil(L);
    return 1;
  }
  glc_push_bytes(L, end.output);
  lua_pushinteger(L, end.status);
  return 2;
}

static int process_read(lua_State *L) {
  return glc_hold(L, &process_type, read_held);
}

static int process_close(lua_State *L) {
  return glc_close(L, &process_type);
}

static const luaL_Reg methods[] = {
    {"read", process_read}, {"close", process_close}, {NULL, NULL}};

static const struct glc_type process_type = {"glacier.process",
                                             destroy_process, methods, NULL};

static const luaL_Reg functions[] = {{"start", start}, {NULL, NULL}};

GLC_EXPORT int luaopen_glacier_core_process(lua_State *L);

int luaopen_glacier_core_process(lua_State *L) {
  glc_module_open(L);
  glc_new_type(L, &process_type);
  lua_newtable(L);
  glc_set_functions(L, functions);
  return 1;
}
