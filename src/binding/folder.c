/*
 * glacier.core.folder: folders, made, looked at and read.
 *
 *   make(path) -> true | nil, failure: and those above it
 *   make_below(root, path) -> true | nil, failure: none of it a link
 *   find_link(root, path) -> the part of the path that is a link | nil
 *   current() -> path | nil, failure: where relative paths begin
 *   open(path) -> handle | nil, failure
 *   handle:next() -> name | nil (the end) | nil, failure
 *   handle:close()
 *
 * A failure is {kind=, code=, message=}; a closed handle raises in next.
 */
#include "../core/folder.h"

#include "../core/path.h"

#include "arguments.h"
#include "handle.h"
#include "module.h"

static void destroy_folder(void *object) {
  glc_folder_close(object);
}

static const struct glc_type folder_type;

static int make(lua_State *L) {
  struct glc_error error;

  return glc_push_outcome(L, glc_folder_make(glc_check_bytes(L, 1), &error),
                          &error);
}

static int make_below(lua_State *L) {
  struct glc_bytes root = glc_check_bytes(L, 1);
  struct glc_bytes path = glc_check_bytes(L, 2);
  struct glc_error error;

  return glc_push_outcome(L, glc_folder_make_below(root, path, &error),
                          &error);
}

static int find_link(lua_State *L) {
  struct glc_bytes root = glc_check_bytes(L, 1);
  struct glc_bytes path = glc_check_bytes(L, 2);

  path.length = glc_folder_find_link(root, path);
  if (path.length > 0) {
    glc_push_bytes(L, path);
  } else {
    lua_pushnil(L);
  }
  return 1;
}

static int current(lua_State *L) {
  char path[GLC_PATH_MAX];
  struct glc_error error;

  if (glc_folder_current(path, &error) != GLC_OK) {
    return glc_push_failure(L, &error);
  }
  lua_pushstring(L, path);
  return 1;
}

static int open_folder(lua_State *L) {
  struct glc_bytes path = glc_check_bytes(L, 1);
  struct glc_handle *handle = glc_new_handle(L, &folder_type);
  struct glc_error error;

  handle->object = glc_folder_open(path, &error);
  return handle->object != NULL ? 1 : glc_push_failure(L, &error);
}

/* Held: the name is the folder's. */
static int next_held(lua_State *L) {
  struct glc_folder *folder = glc_check_object(L, 1, &folder_type);
  struct glc_bytes name;
  struct glc_error error;

  if (glc_folder_next(folder, &name, &error) != GLC_OK) {
    return glc_push_failure(L, &error);
  }
  if (name.length > 0) {
    glc_push_bytes(L, name);
  } else {
    lua_pushnil(L);
  }
  return 1;
}

static int folder_next(lua_State *L) {
  return glc_hold(L, &folder_type, next_held);
}

static int folder_close(lua_State *L) {
  return glc_close(L, &folder_type);
}

static const luaL_Reg methods[] = {
    {"next", folder_next}, {"close", folder_close}, {NULL, NULL}};

static const struct glc_type folder_type = {"glacier.folder", destroy_folder,
                                            methods, NULL};

static const luaL_Reg functions[] = {{"make", make},
                                     {"make_below", make_below},
                                     {"find_link", find_link},
                                     {"current", current},
                                     {"open", open_folder},
                                     {NULL, NULL}};

GLC_EXPORT int luaopen_glacier_core_folder(lua_State *L);

int luaopen_glacier_core_folder(lua_State *L) {
  glc_module_open(L);
  glc_new_type(L, &folder_type);
  lua_newtable(L);
  glc_set_functions(L, functions);
  return 1;
}
