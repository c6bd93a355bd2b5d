/*
 * glacier.core.file_hash: the tree hash of a file, by threads of its own.
 *
 *   start(path) -> task | nil, failure
 *   task:done() -> boolean     whether it has ended, well or not
 *   task:result() -> hash, in lower-case hexadecimal digits | nil, failure:
 *     waits for the end where it is not there yet, and the program with it
 *   task:close()   ends it wherever it is; so does the collector
 *
 * A failure is {kind=, code=, message=}.
 */
#include "../core/crypto.h"
#include "../core/hashed_file.h"

#include "arguments.h"
#include "handle.h"
#include "module.h"

static void destroy_file(void *object) {
  glc_hashed_file_close(object);
}

static const struct glc_type task_type;

static int start(lua_State *L) {
  struct glc_bytes path = glc_check_bytes(L, 1);
  struct glc_handle *handle = glc_new_handle(L, &task_type);
  struct glc_error error;

  handle->object = glc_hashed_file_open(path, &error);
  return handle->object != NULL ? 1 : glc_push_failure(L, &error);
}

static int task_done(lua_State *L) {
  lua_pushboolean(L, glc_hashed_file_done(glc_check_object(L, 1, &task_type)));
  return 1;
}

static int task_result(lua_State *L) {
  struct glc_hashed_file *file = glc_check_object(L, 1, &task_type);
  unsigned char hash[GLC_SHA256_SIZE];
  struct glc_error error;

  if (glc_hashed_file_wait(file, hash, &error) != GLC_OK) {
    return glc_push_failure(L, &error);
  }
  glc_push_hex(L, hash, sizeof hash);
  return 1;
}

static int task_close(lua_State *L) {
  return glc_close(L, &task_type);
}

static const luaL_Reg methods[] = {{"done", task_done},
                                   {"result", task_result},
                                   {"close", task_close},
                                   {NULL, NULL}};

static const struct glc_type task_type = {"glacier.file_hash", destroy_file,
                                          methods, NULL};

static const luaL_Reg functions[] = {{"start", start}, {NULL, NULL}};

GLC_EXPORT int luaopen_glacier_core_file_hash(lua_State *L);

int luaopen_glacier_core_file_hash(lua_State *L) {
  glc_module_open(L);
  glc_crypto_prepare();
  glc_new_type(L, &task_type);
  lua_newtable(L);
  glc_set_functions(L, functions);
  return 1;
}
