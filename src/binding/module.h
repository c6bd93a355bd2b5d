/* What every module of ours begins with. */
#ifndef GLC_MODULE_H
#define GLC_MODULE_H

#include "compat.h"

#pragma GCC visibility push(hidden)

/*
 * To be called before anything else by luaopen_*: raises where another Lua
 * than the one it is built for loads the module, and keeps the module in
 * memory from here on. A Lua state that is closed unloads its modules, but
 * libcurl's resolver may have a thread in ours, and a thread's end may lead to
 * a function of OpenSSL's. However it was linked, the module sees to it.
 */
void glc_module_open(lua_State *L);

#pragma GCC visibility pop

#endif
