/*
 * glacier.core.download: large downloads on their way to the disk.
 *
 *   journal(path) -> journal | nil, failure   locked, made where it is not
 *   journal:read() -> {line, ...}, cut | nil, failure   cut: bytes that a crash
 *     tore, and that were cut off the file
 *   journal:append(line [, synchronize]) -> true | nil, failure
 *   journal:rewrite({line, ...}) -> true | nil, failure   all at once
 *   journal:close()
 *
 * A failure is {kind=, code=, message=}. Its code is "Locked" where another
 * process, or this one, has the file: with pid= where that is known.
 */
#include "handle.h"
#include "journal.h"
#include "module.h"

static const luaL_Reg functions[] = {{"journal", glc_new_journal},
                                     {NULL, NULL}};

GLC_EXPORT int luaopen_glacier_core_download(lua_State *L);

int luaopen_glacier_core_download(lua_State *L) {
  glc_module_open(L);
  glc_new_type(L, &glc_journal_type);
  lua_newtable(L);
  glc_set_functions(L, functions);
  return 1;
}
