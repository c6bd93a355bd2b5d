/*
 * glacier.core.file: what io cannot do.
 *
 *   replace(path, data) -> true | nil, failure
 *   exists(path) -> boolean
 *   publish(temporary, path, overwrite) -> true | nil, failure
 *   is_special(path) -> boolean
 *   kind(path) -> "file" | "folder" | "special" | "dangling" | nil, and the
 *     length in bytes of a file
 *   check_folder(path) -> true | nil, failure: whether files can be made there
 *   terminal(descriptor) -> columns | nil
 *
 * Files as a whole or not at all (core/file.h). A failure is {kind=, code=,
 * message=}. is_special says whether there is a pipe, a socket or a device;
 * terminal how wide a terminal is, 0 where it does not tell, nil where there
 * is none.
 */
#include "../core/file.h"

#include <limits.h>

#include "arguments.h"
#include "module.h"

static int replace(lua_State *L) {
  struct glc_bytes path = glc_check_bytes(L, 1);
  struct glc_bytes data = glc_check_bytes(L, 2);
  struct glc_error error;

  if (glc_file_replace(path, data, &error) != GLC_OK) {
    return glc_push_failure(L, &error);
  }
  lua_pushboolean(L, 1);
  return 1;
}

static int exists(lua_State *L) {
  lua_pushboolean(L, glc_file_exists(glc_check_bytes(L, 1)));
  return 1;
}

static int publish(lua_State *L) {
  struct glc_bytes temporary = glc_check_bytes(L, 1);
  struct glc_bytes path = glc_check_bytes(L, 2);
  struct glc_error error;

  if (glc_file_publish(temporary, path, lua_toboolean(L, 3), &error) !=
      GLC_OK) {
    return glc_push_failure(L, &error);
  }
  lua_pushboolean(L, 1);
  return 1;
}

static int is_special(lua_State *L) {
  lua_pushboolean(L, glc_file_is_special(glc_check_bytes(L, 1)));
  return 1;
}

static int kind(lua_State *L) {
  static const char *const names[] = {NULL, "file", "folder", "special",
                                      "dangling"};
  struct glc_bytes path = glc_check_bytes(L, 1);
  int64_t length = glc_file_length(path);

  lua_pushstring(L, names[glc_file_kind_of(path)]);
  if (length < 0) {
    return 1;
  }
  glc_push_count(L, (uint64_t)length);
  return 2;
}

static int check_folder(lua_State *L) {
  struct glc_error error;

  return glc_push_outcome(
      L, glc_file_check_folder(glc_check_bytes(L, 1), &error), &error);
}

static int terminal(lua_State *L) {
  lua_Number file = luaL_checknumber(L, 1);
  int columns = -1;

  if (file >= 0 && file <= INT_MAX) {
    columns = glc_file_terminal((int)file);
  }
  if (columns >= 0) {
    lua_pushinteger(L, columns);
  } else {
    lua_pushnil(L);
  }
  return 1;
}

static const luaL_Reg functions[] = {{"replace", replace},
                                     {"exists", exists},
                                     {"publish", publish},
                                     {"is_special", is_special},
                                    {"kind", kind},
                                    {"check_folder", check_folder},
                                     {"terminal", terminal},
                                     {NULL, NULL}};

GLC_EXPORT int luaopen_glacier_core_file(lua_State *L);

int luaopen_glacier_core_file(lua_State *L) {
  glc_module_open(L);
  lua_newtable(L);
  glc_set_functions(L, functions);
  return 1;
}
