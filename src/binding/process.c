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

#define PROCESS_TYPE "glacier.process"

static int start(lua_State *L) {
  struct glc_bytes command = glc_check_bytes(L, 1);
  void **handle = glc_new_handle(L, PROCESS_TYPE);
  struct glc_error error;

  *handle = glc_process_start(command, &error);
  return *handle != NULL ? 1 : glc_push_failure(L, &error);
}

static int process_read(lua_State *L) {
  struct glc_process *process = glc_check_handle(L, 1, PROCESS_TYPE);
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

static int process_close(lua_State *L) {
  void **handle = luaL_checkudata(L, 1, PROCESS_TYPE);

  glc_process_close(*handle);
  *handle = NULL;
  return 0;
}

static const luaL_Reg methods[] = {{"read", process_read},
                                   {"close", process_close},
                                   {"__gc", process_close},
                                   {NULL, NULL}};

static const luaL_Reg functions[] = {{"start", start}, {NULL, NULL}};

GLC_EXPORT int luaopen_glacier_core_process(lua_State *L);

int luaopen_glacier_core_process(lua_State *L) {
  glc_check_version(L);
  glc_new_type(L, PROCESS_TYPE, methods);
  lua_newtable(L);
  glc_set_functions(L, functions);
  return 1;
}
