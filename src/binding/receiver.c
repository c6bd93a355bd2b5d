#include "receiver.h"

#include <stdint.h>

/*
 * Metatable -> struct glc_receiver_kind. The name ends in a number that
 * changes with that struct, struct glc_receiver or struct glc_handle: builds
 * that do not fit do not find each other.
 */
static const char registry_name[] = "glacier.receivers 2";

/* Pushes the table, or nil. */
static void push_kinds(lua_State *L) {
  lua_pushstring(L, registry_name);
  lua_rawget(L, LUA_REGISTRYINDEX);
}

void glc_offer_receiver(lua_State *L, const struct glc_type *type,
                        const struct glc_receiver_kind *kind) {
  push_kinds(L);
  if (lua_isnil(L, -1)) {
    lua_pop(L, 1);
    lua_newtable(L);
    lua_pushstring(L, registry_name);
    lua_pushvalue(L, -2);
    lua_rawset(L, LUA_REGISTRYINDEX);
  }
  glc_push_metatable(L, type);
  /* Lua 5.1 takes no pointer to what is const; nothing writes through it. */
  lua_pushlightuserdata(L, (void *)(uintptr_t)kind);
  lua_rawset(L, -3);
  lua_pop(L, 1);
}

struct glc_receiver glc_check_receiver(lua_State *L, int index) {
  const struct glc_receiver_kind *kind = NULL;
  const struct glc_handle *handle;

  push_kinds(L);
  if (lua_istable(L, -1) && lua_type(L, index) == LUA_TUSERDATA &&
      lua_getmetatable(L, index)) {
    lua_rawget(L, -2);
    kind = lua_touserdata(L, -1);
    lua_pop(L, 1);
  }
  lua_pop(L, 1);
  luaL_argcheck(L, kind != NULL, index, "it is no receiver");
  handle = lua_touserdata(L, index);
  luaL_argcheck(L, handle->object != NULL && !handle->closing, index,
                "it is closed");
  return kind->give(handle->object);
}
