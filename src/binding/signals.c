/*
 * glacier.core.signals: SIGTERM and SIGINT, for programs of their own.
 *
 *   hold() -> handle | nil, failure
 *   handle:take() -> "SIGTERM" | "SIGINT" | nil (none waits)
 *   handle:close()   they do again what they did before
 *
 * To be held before any thread is started (core/signals.h). A failure is
 * {kind=, code=, message=}; a closed handle raises in take.
 */
#include "../core/signals.h"

#include <signal.h>

#include "arguments.h"
#include "handle.h"
#include "module.h"

static void destroy_signals(void *object) {
  glc_signals_release(object);
}

static const struct glc_type signals_type;

static int hold(lua_State *L) {
  struct glc_handle *handle = glc_new_handle(L, &signals_type);
  struct glc_error error;

  handle->object = glc_signals_hold(&error);
  return handle->object != NULL ? 1 : glc_push_failure(L, &error);
}

static int signals_take(lua_State *L) {
  int number = glc_signals_take(glc_check_object(L, 1, &signals_type));

  if (number != 0) {
    lua_pushstring(L, number == SIGTERM ? "SIGTERM" : "SIGINT");
  } else {
    lua_pushnil(L);
  }
  return 1;
}

static int signals_close(lua_State *L) {
  return glc_close(L, &signals_type);
}

static const luaL_Reg methods[] = {
    {"take", signals_take}, {"close", signals_close}, {NULL, NULL}};

static const struct glc_type signals_type = {"glacier.signals",
                                             destroy_signals, methods, NULL};

static const luaL_Reg functions[] = {{"hold", hold}, {NULL, NULL}};

GLC_EXPORT int luaopen_glacier_core_signals(lua_State *L);

int luaopen_glacier_core_signals(lua_State *L) {
  glc_module_open(L);
  glc_new_type(L, &signals_type);
  lua_newtable(L);
  glc_set_functions(L, functions);
  return 1;
}
