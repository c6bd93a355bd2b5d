#include "common.h"

#include <stdlib.h>
#include <string.h>

#include "arguments.h"
#include "headers.h"

static void destroy_common(void *object) {
  free(object);
}

const struct glc_type glc_common_type = {"glacier.common", destroy_common,
                                         NULL, NULL};

/* The list in the field `name`, absent or not. */
static void read_list(lua_State *L, int index, const char *name,
                      struct glc_header *headers, size_t *count) {
  glc_push_field(L, index, name);
  if (!lua_isnil(L, -1)) {
    luaL_checktype(L, -1, LUA_TTABLE);
    glc_read_headers(L, lua_gettop(L), headers, count,
                     GLC_SIGV4_MAX_FIELDS);
  }
}

/* Copies bytes to *at, and moves that behind them. */
static struct glc_bytes put(char **at, struct glc_bytes bytes) {
  const struct glc_bytes copy = {*at, bytes.length};

  if (bytes.length > 0) {
    memcpy(*at, bytes.data, bytes.length);
  }
  *at += bytes.length;
  return copy;
}

/* NULL: there is no memory. */
static struct glc_common *copy_common(const struct glc_common *from,
                                      const struct glc_header *headers) {
  const size_t array = from->count * sizeof *headers;
  struct glc_common *common =
      malloc(sizeof *common + array +
             glc_headers_length(headers, from->count) +
             from->scope.region.length + from->scope.service.length);
  char *text;
  size_t i;

  if (common != NULL) {
    *common = *from;
    text = (char *)common->headers + array;
    common->scope.region = put(&text, from->scope.region);
    common->scope.service = put(&text, from->scope.service);
    for (i = 0; i < from->count; i++) {
      common->headers[i].name = put(&text, headers[i].name);
      common->headers[i].value = put(&text, headers[i].value);
    }
  }
  return common;
}

int glc_new_common(lua_State *L) {
  struct glc_header headers[GLC_SIGV4_MAX_FIELDS];
  struct glc_common given = {0};
  struct glc_handle *handle;

  luaL_checktype(L, 1, LUA_TTABLE);
  lua_settop(L, 1);
  given.scope.region = glc_field_bytes(L, 1, "region");
  given.scope.service = glc_field_bytes(L, 1, "service");
  read_list(L, 1, "headers", headers, &given.count);
  given.signed_count = given.count;
  read_list(L, 1, "unsigned", headers, &given.count);
  handle = glc_new_handle(L, &glc_common_type);
  handle->object = copy_common(&given, headers);
  return handle->object != NULL ? 1 : luaL_error(L, "not enough memory");
}
