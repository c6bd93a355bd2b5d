/*
 * luaopen_glacier: the C modules and the Lua files of the static library,
 * known to a Lua state by package.preload.
 */
#include <stdint.h>
#include <string.h>

#include "../binding/compat.h"
#include "../glacier.h"
#include "files.h"

#define FACE "glacier"

int luaopen_glacier_core_digest(lua_State *L);
int luaopen_glacier_core_download(lua_State *L);
int luaopen_glacier_core_file(lua_State *L);
int luaopen_glacier_core_file_hash(lua_State *L);
int luaopen_glacier_core_folder(lua_State *L);
int luaopen_glacier_core_http(lua_State *L);
int luaopen_glacier_core_inventory(lua_State *L);
int luaopen_glacier_core_process(lua_State *L);
int luaopen_glacier_core_signals(lua_State *L);
int luaopen_glacier_core_sigv4(lua_State *L);

static const luaL_Reg core_modules[] = {
    {FACE ".core.digest", luaopen_glacier_core_digest},
    {FACE ".core.download", luaopen_glacier_core_download},
    {FACE ".core.file", luaopen_glacier_core_file},
    {FACE ".core.file_hash", luaopen_glacier_core_file_hash},
    {FACE ".core.folder", luaopen_glacier_core_folder},
    {FACE ".core.http", luaopen_glacier_core_http},
    {FACE ".core.inventory", luaopen_glacier_core_inventory},
    {FACE ".core.process", luaopen_glacier_core_process},
    {FACE ".core.signals", luaopen_glacier_core_signals},
    {FACE ".core.sigv4", luaopen_glacier_core_sigv4},
    {NULL, NULL}};

/* A loader as require calls it: runs the file of its upvalue. */
static int run_file(lua_State *L) {
  const struct glc_file *file = lua_touserdata(L, lua_upvalueindex(1));

  if (luaL_loadbuffer(L, (const char *)file->source, file->length,
                      file->chunk) != 0) {
    return lua_error(L);
  }
  lua_pushstring(L, file->module);
  lua_call(L, 1, 1);
  return 1;
}

static void push_loader(lua_State *L, const struct glc_file *file) {
  /* Lua 5.1 takes no pointer to what is const; nothing writes through it. */
  lua_pushlightuserdata(L, (void *)(uintptr_t)file);
  lua_pushcclosure(L, run_file, 1);
}

/* Pushes package[name], a table. */
static void push_package(lua_State *L, const char *name) {
  lua_getglobal(L, "package");
  if (lua_istable(L, -1)) {
    lua_getfield(L, -1, name);
    lua_remove(L, -2);
  }
  if (!lua_istable(L, -1)) {
    luaL_error(L, "lua-glacier needs package.%s: open Lua's library 'package'",
               name);
  }
}

/* Fills package.preload; gives the file of the module `glacier` itself. */
static const struct glc_file *preload(lua_State *L) {
  const struct glc_file *file, *face = NULL;

  push_package(L, "preload");
  glc_set_functions(L, core_modules);
  for (file = glc_files; file->module != NULL; file++) {
    push_loader(L, file);
    lua_setfield(L, -2, file->module);
    if (strcmp(file->module, FACE) == 0) {
      face = file;
    }
  }
  lua_pop(L, 1);
  return face;
}

/* A plugin that the archive is in shows it, as it does those above. */
GLC_EXPORT int luaopen_glacier(lua_State *L);

/*
 * Not by way of require: this function may be what require is calling just
 * now, under the same name.
 */
int luaopen_glacier(lua_State *L) {
  int loaded;

  glc_check_version(L);
  lua_settop(L, 0);
  push_package(L, "loaded");
  loaded = lua_gettop(L);
  lua_getfield(L, loaded, FACE);
  if (!lua_istable(L, -1)) {
    push_loader(L, preload(L));
    lua_call(L, 0, 1);
    lua_pushvalue(L, -1);
    lua_setfield(L, loaded, FACE);
  }
  return 1;
}
