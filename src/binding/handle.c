#include "handle.h"

#include <stddef.h>
#include <stdint.h>

void glc_push_metatable(lua_State *L, const struct glc_type *type) {
  /* Lua 5.1 takes no pointer to what is const; nothing writes through it. */
  lua_pushlightuserdata(L, (void *)(uintptr_t)type);
  lua_rawget(L, LUA_REGISTRYINDEX);
}

struct glc_handle *glc_check_handle(lua_State *L, int index,
                                    const struct glc_type *type) {
  bool is_one = false;

  if (lua_type(L, index) == LUA_TUSERDATA && lua_getmetatable(L, index)) {
    glc_push_metatable(L, type);
    is_one = lua_rawequal(L, -1, -2);
    lua_pop(L, 2);
  }
  if (!is_one) {
    luaL_argerror(L, index,
                  lua_pushfstring(L, "%s expected, got %s", type->name,
                                  luaL_typename(L, index)));
  }
  return lua_touserdata(L, index);
}

void *glc_open_object(lua_State *L, int index,
                      const struct glc_handle *handle) {
  luaL_argcheck(L, handle->object != NULL && !handle->closing, index,
                "it is closed");
  return handle->object;
}

void *glc_check_object(lua_State *L, int index, const struct glc_type *type) {
  return glc_open_object(L, index, glc_check_handle(L, index, type));
}

void *glc_find_object(lua_State *L, int index, const struct glc_type *type) {
  const struct glc_handle *handle = glc_check_handle(L, index, type);

  return handle->closing ? NULL : handle->object;
}

struct glc_handle *glc_new_handle(lua_State *L, const struct glc_type *type) {
  static const struct glc_handle closed = {NULL, 0, false, false};
  struct glc_handle *handle = lua_newuserdata(L, sizeof *handle);

  *handle = closed;
  glc_push_metatable(L, type);
  lua_setmetatable(L, -2);
  return handle;
}

static void close_unless_busy(struct glc_handle *handle,
                              const struct glc_type *type) {
  void *object = handle->object;

  if (handle->closing && handle->busy == 0 && object != NULL) {
    handle->object = NULL;
    type->destroy(object);
  }
}

int glc_close(lua_State *L, const struct glc_type *type) {
  struct glc_handle *handle = glc_check_handle(L, 1, type);

  handle->closing = true;
  close_unless_busy(handle, type);
  return 0;
}

int glc_release(lua_State *L, const struct glc_type *type) {
  glc_check_handle(L, 1, type)->released = true;
  return glc_close(L, type);
}

bool glc_is_released(lua_State *L, int index, const struct glc_type *type) {
  return glc_check_handle(L, index, type)->released;
}

/* Protected, as a finalizer's error goes through to us in Lua 5.1 to 5.3. */
int glc_hold(lua_State *L, const struct glc_type *type, lua_CFunction body) {
  struct glc_handle *handle = glc_check_handle(L, 1, type);
  int failed;

  lua_settop(L, 1);
  lua_pushcfunction(L, body);
  lua_pushvalue(L, 1);
  (void)glc_check_object(L, 1, type);
  handle->busy++;
  failed = lua_pcall(L, 1, LUA_MULTRET, 0);
  handle->busy--;
  close_unless_busy(handle, type);
  return failed ? lua_error(L) : lua_gettop(L) - 1;
}

static int collect(lua_State *L) {
  return glc_close(L, lua_touserdata(L, lua_upvalueindex(1)));
}

/* Pushes the key of the type, then its new metatable. */
static void push_new_metatable(lua_State *L, const struct glc_type *type) {
  lua_pushlightuserdata(L, (void *)(uintptr_t)type);
  lua_newtable(L);
  if (type->metamethods != NULL) {
    glc_set_functions(L, type->metamethods);
  }
  lua_pushvalue(L, -2);
  lua_pushcclosure(L, collect, 1);
  lua_setfield(L, -2, "__gc");
  lua_newtable(L);
  if (type->methods != NULL) {
    glc_set_functions(L, type->methods);
  }
  lua_setfield(L, -2, "__index");
  lua_pushboolean(L, 0);
  lua_setfield(L, -2, "__metatable");
  lua_pushstring(L, type->name);
  lua_setfield(L, -2, "__name");
}

void glc_new_type(lua_State *L, const struct glc_type *type) {
  glc_push_metatable(L, type);
  if (lua_isnil(L, -1)) {
    push_new_metatable(L, type);
    lua_rawset(L, LUA_REGISTRYINDEX);
  }
  lua_pop(L, 1);
}
