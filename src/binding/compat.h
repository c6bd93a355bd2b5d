/* The only place that looks at LUA_VERSION_NUM: Lua 5.1 to 5.4, LuaJIT. */
#ifndef GLC_COMPAT_H
#define GLC_COMPAT_H

#include <lauxlib.h>
#include <lua.h>

#if LUA_VERSION_NUM < 501 || LUA_VERSION_NUM > 504
#error "Lua 5.1 to 5.4 is needed"
#endif

/* Everything else is hidden (-fvisibility=hidden). */
#if defined(__GNUC__)
#define GLC_EXPORT __attribute__((visibility("default")))
#else
#define GLC_EXPORT
#endif

#if LUA_VERSION_NUM == 501

/* LuaJIT has luaL_setfuncs, Lua 5.1 does not: one build must serve both. */
static inline void glc_set_functions(lua_State *L, const luaL_Reg *functions) {
  for (; functions->name != NULL; functions++) {
    lua_pushcfunction(L, functions->func);
    lua_setfield(L, -2, functions->name);
  }
}

#define glc_raw_length(L, index) lua_objlen(L, index)
#define glc_check_version(L) ((void)(L))

#else

static inline void glc_set_functions(lua_State *L, const luaL_Reg *functions) {
  luaL_setfuncs(L, functions, 0);
}

#define glc_raw_length(L, index) ((size_t)lua_rawlen(L, index))
/* A module built for another Lua says so instead of crashing. */
#define glc_check_version(L) luaL_checkversion(L)

#endif

#endif
