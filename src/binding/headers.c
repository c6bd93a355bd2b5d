#include "headers.h"

#include <string.h>

#include "arguments.h"

/*
 * The name of their metatable in the registry ends in a number that changes
 * with struct glc_headers: builds that do not fit do not find each other.
 */
static const char registry_name[] = "glacier.headers 1";

/* Leaves the string on the stack. */
static struct glc_bytes item_bytes(lua_State *L, int list, size_t item) {
  struct glc_bytes bytes;

  lua_rawgeti(L, list, (int)item);
  if (lua_type(L, -1) != LUA_TSTRING) {
    luaL_error(L, "header list: item %d is a %s, not a string", (int)item,
               luaL_typename(L, -1));
  }
  bytes.data = lua_tolstring(L, -1, &bytes.length);
  return bytes;
}

/* How many headers are in a list of `maximum` at the most. */
static size_t check_count(lua_State *L, int list, size_t maximum) {
  const size_t length = glc_check_length(L, list, 2 * maximum);

  if (length % 2 != 0) {
    luaL_error(L, "header list: its last name has no value");
  }
  return length / 2;
}

/* So many, whatever the length is by now: a finalizer may change a list. */
static void read_items(lua_State *L, int list, struct glc_header *headers,
                       size_t count) {
  size_t i;

  luaL_checkstack(L, (int)(2 * count) + LUA_MINSTACK, "too many headers");
  for (i = 0; i < count; i++) {
    headers[i].name = item_bytes(L, list, 2 * i + 1);
    headers[i].value = item_bytes(L, list, 2 * i + 2);
  }
}

void glc_read_headers(lua_State *L, int index, struct glc_header *headers,
                      size_t *count, size_t maximum) {
  const size_t more = check_count(L, index, maximum - *count);

  read_items(L, index, headers + *count, more);
  *count += more;
}

size_t glc_headers_length(const struct glc_header *headers, size_t count) {
  size_t length = 0;
  size_t i;

  for (i = 0; i < count; i++) {
    length += headers[i].name.length + headers[i].value.length;
  }
  return length;
}

static void push_metatable(lua_State *L) {
  lua_pushstring(L, registry_name);
  lua_rawget(L, LUA_REGISTRYINDEX);
}

/* NULL: the value is none. */
static const struct glc_headers *to_headers(lua_State *L, int index) {
  const struct glc_headers *headers = NULL;

  if (lua_type(L, index) == LUA_TUSERDATA && lua_getmetatable(L, index)) {
    push_metatable(L);
    if (lua_rawequal(L, -1, -2)) {
      headers = lua_touserdata(L, index);
    }
    lua_pop(L, 2);
  }
  return headers;
}

const struct glc_header *glc_field_headers(lua_State *L, int index,
                                           const char *name, size_t *count) {
  const struct glc_headers *made;
  struct glc_header *headers;
  int list;

  *count = 0;
  glc_push_field(L, index, name);
  list = lua_gettop(L);
  if (lua_isnil(L, list)) {
    return NULL;
  }
  made = to_headers(L, list);
  if (made != NULL) {
    *count = made->count;
    return made->headers;
  }
  if (!lua_istable(L, list)) {
    luaL_error(L, "field '%s': table expected, got %s", name,
               luaL_typename(L, list));
  }
  *count = check_count(L, list, GLC_MAX_HEADERS);
  headers = lua_newuserdata(L, (*count + 1) * sizeof *headers);
  read_items(L, list, headers, *count);
  return headers;
}

static const struct glc_headers *check_headers(lua_State *L) {
  const struct glc_headers *headers = to_headers(L, 1);

  luaL_argcheck(L, headers != NULL, 1, "they are no headers");
  return headers;
}

static int headers_length(lua_State *L) {
  lua_pushinteger(L, 2 * (lua_Integer)check_headers(L)->count);
  return 1;
}

/* The text at a place in the list, nil for whatever is none. */
static int headers_item(lua_State *L) {
  const struct glc_headers *headers = check_headers(L);
  const lua_Number place = lua_type(L, 2) == LUA_TNUMBER ? lua_tonumber(L, 2)
                                                         : 0;
  const struct glc_header *header;
  size_t item;

  if (!(place >= 1 && place <= (lua_Number)(2 * headers->count))) {
    return 0;
  }
  item = (size_t)place - 1;
  header = &headers->headers[item / 2];
  glc_push_bytes(L, item % 2 == 0 ? header->name : header->value);
  return 1;
}

static void push_new_metatable(lua_State *L) {
  static const luaL_Reg metamethods[] = {
      {"__len", headers_length}, {"__index", headers_item}, {NULL, NULL}};

  lua_createtable(L, 0, 4);
  glc_set_functions(L, metamethods);
  lua_pushboolean(L, 0);
  lua_setfield(L, -2, "__metatable");
  lua_pushliteral(L, "glacier.headers");
  lua_setfield(L, -2, "__name");
  lua_pushstring(L, registry_name);
  lua_pushvalue(L, -2);
  lua_rawset(L, LUA_REGISTRYINDEX);
}

struct glc_headers *glc_new_headers(lua_State *L, size_t count, size_t size) {
  const size_t array = count * sizeof(struct glc_header);
  struct glc_headers *headers =
      lua_newuserdata(L, sizeof *headers + array + size);

  headers->count = 0;
  headers->used = 0;
  headers->size = size;
  headers->text = (char *)headers->headers + array;
  push_metatable(L);
  if (lua_isnil(L, -1)) {
    lua_pop(L, 1);
    push_new_metatable(L);
  }
  lua_setmetatable(L, -2);
  return headers;
}

static struct glc_bytes copy(struct glc_headers *headers,
                             struct glc_bytes bytes) {
  const struct glc_bytes copied = {headers->text + headers->used,
                                   bytes.length};

  if (bytes.length > 0) {
    memcpy(headers->text + headers->used, bytes.data, bytes.length);
  }
  headers->used += bytes.length;
  return copied;
}

bool glc_add_header(struct glc_headers *headers, struct glc_bytes name,
                    struct glc_bytes value) {
  struct glc_header *header = &headers->headers[headers->count];
  const size_t room = headers->size - headers->used;

  if (name.length > room || value.length > room - name.length) {
    return false;
  }
  header->name = copy(headers, name);
  header->value = copy(headers, value);
  headers->count++;
  return true;
}
