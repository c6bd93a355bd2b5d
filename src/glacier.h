/*
 * lua-glacier inside a program: the static library libglacier.a, made by
 * `make static`. It holds the C modules and all Lua files; it needs libcurl,
 * libcrypto and pthreads, and the module "cjson" (lua-cjson) in the Lua state.
 */
#ifndef GLACIER_H
#define GLACIER_H

#include <lua.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Makes lua-glacier known to a Lua state in which the standard libraries are
 * open, and returns 1: the module `glacier` is on the stack, and is what
 * `require "glacier"` gives from here on. Calling it again gives the same
 * module. Raises where `package` or cjson is missing, or where the library is
 * built for another Lua. It fits luaL_requiref and package.preload:
 *
 *   lua_pushcfunction(L, luaopen_glacier);
 *   status = lua_pcall(L, 0, 0, 0);
 */
int luaopen_glacier(lua_State *L);

#ifdef __cplusplus
}
#endif

#endif
