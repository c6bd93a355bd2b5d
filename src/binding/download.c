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
 *   file(path) -> file | nil, failure   locked, made where it is not
 *   file:size() -> bytes | nil, failure
 *   file:allocate(size [, reserve]) -> task | nil, failure: makes it as long;
 *     its space is reserved on the disk unless `reserve` is false
 *   file:hash({{first, size}, ...}) -> task | nil, failure; its result is
 *     {{tree_hash=, hashed=, size=}, ...}: of what the file has of each range,
 *     a state to go on with behind its last whole MiB, and how much there is
 *   file:publish(path [, overwrite]) -> task | nil, failure: on the disk, then
 *     renamed; code "FileExists" where there is one and `overwrite` is not true
 *   file:range(first, size [, {hashed=, journal=, label=}])
 *     -> range | nil, failure: takes its bytes in their order. Each MiB that is
 *     whole is told in the journal: "LABEL LEAVES ROOT"
 *   file:close()   gives the lock back
 *
 *   task:done() -> boolean;  task:result() -> value, or true | nil, failure
 *   task:close()   cancels it as far as it can be, and never waits
 *
 *   range:write(bytes) -> true | nil, failure   waits where there is no room
 *   range:room() -> bytes that write takes without waiting
 *   range:settled() -> whether all is written and hashed, or cannot be
 *   range:position() -> offset of the next byte
 *   range:tree_hash() -> of all bytes so far | nil, failure
 *   range:seal()   from here on it takes no more, and a write is a failure
 *   range:close()   after all is written; one that is collected waits for
 *     nothing, and what it has taken is written while its file is open
 *
 *   space(folder) -> bytes that we may write there | nil, failure
 *
 * A range is a receiver, too: transfer:receive(range) of glacier.core.http.
 * What a thread failed with is said by the next write, or by tree_hash.
 *
 * A failure is {kind=, code=, message=}. Its code is "Locked" where another
 * process, or this one, has the file: with pid= where that is known.
 */
#include "../core/crypto.h"
#include "../core/download/download.h"

#include "arguments.h"
#include "journal.h"
#include "module.h"
#include "part_file.h"
#include "range.h"
#include "task.h"

static int space(lua_State *L) {
  struct glc_error error;
  uint64_t bytes;

  if (glc_download_space(glc_check_bytes(L, 1), &bytes, &error) != GLC_OK) {
    return glc_push_failure(L, &error);
  }
  glc_push_count(L, bytes);
  return 1;
}

static const luaL_Reg functions[] = {{"journal", glc_new_journal},
                                     {"file", glc_new_part_file},
                                     {"space", space},
                                     {NULL, NULL}};

GLC_EXPORT int luaopen_glacier_core_download(lua_State *L);

int luaopen_glacier_core_download(lua_State *L) {
  glc_module_open(L);
  glc_crypto_prepare();
  glc_new_type(L, &glc_journal_type);
  glc_new_type(L, &glc_part_file_type);
  glc_new_range_type(L);
  glc_new_type(L, &glc_task_type);
  lua_newtable(L);
  glc_set_functions(L, functions);
  return 1;
}
