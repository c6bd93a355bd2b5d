/* The only place that looks at LUA_VERSION_NUM: Lua 5.1 to 5.4, LuaJIT. */
#ifndef GLC_COMPAT_H
#define GLC_COMPAT_H

#include <stdbool.h>

#include <lauxlib.h>
#include <lua.h>

#if LUA_VERSION_NUM < 501 || LUA_VERSION_NUM > 504
#error "Lua 5.1 to 5.4 is needed"
#endif

/* All that stands in our headers is hidden: core/error.h. */
#if defined(__GNUC__)
#define GLC_EXPORT __attribute__((visibility("default")))
#else
#define GLC_EXPORT
#endif

/*
 * Functions that some other Lua lacks: weak, so that a module loaded by the
 * wrong Lua gets as far as glc_check_version, which says so. Unused ones cost
 * nothing.
 */
#if defined(__ELF__)
#if LUA_VERSION_NUM == 501
#pragma weak lua_objlen
#pragma weak lua_pcall
#pragma weak lua_tointeger
#pragma weak lua_tonumber
#else
#pragma weak luaL_checkversion_
#pragma weak luaL_setfuncs
#pragma weak lua_pcallk
#pragma weak lua_rawlen
#pragma weak lua_tointegerx
#pragma weak lua_tonumberx
#pragma weak lua_version
#endif
#if LUA_VERSION_NUM == 504
#pragma weak lua_newuserdatauv
#else
#pragma weak lua_newuserdata
#endif
#endif

/* Only what all versions share may be called before this has returned. */
static inline void glc_check_version(lua_State *L) {
#if LUA_VERSION_NUM == 501
  bool right = lua_objlen != NULL && lua_newuserdata != NULL;
#elif LUA_VERSION_NUM == 504
  bool right = lua_newuserdatauv != NULL &&
               lua_version(L) == (lua_Number)LUA_VERSION_NUM;
#else
  /* Lua 5.4 has no lua_newuserdata, and another kind of lua_version. */
  bool right = lua_newuserdata != NULL && luaL_checkversion_ != NULL &&
               *lua_version(L) == (lua_Number)LUA_VERSION_NUM;
#endif

  if (!right) {
    luaL_error(L, "this build of lua-glacier is for %s, another Lua loads it",
               LUA_VERSION);
  }
#if LUA_VERSION_NUM > 501
  luaL_checkversion(L);
#endif
}

#if LUA_VERSION_NUM == 501

/* LuaJIT has luaL_setfuncs, Lua 5.1 does not: one build must serve both. */
static inline void glc_set_functions(lua_State *L, const luaL_Reg *functions) {
  for (; functions->name != NULL; functions++) {
    lua_pushcfunction(L, functions->func);
    lua_setfield(L, -2, functions->name);
  }
}

#define glc_raw_length(L, index) lua_objlen(L, index)

/* Whether numbers of Lua may be integers of lua_Integer's size. */
#define GLC_HAS_INTEGERS 0

#else

static inline void glc_set_functions(lua_State *L, const luaL_Reg *functions) {
  luaL_setfuncs(L, functions, 0);
}

#define glc_raw_length(L, index) ((size_t)lua_rawlen(L, index))
#define GLC_HAS_INTEGERS (LUA_VERSION_NUM >= 503)

#endif

#endif
