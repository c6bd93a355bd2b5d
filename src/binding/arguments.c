#include "arguments.h"

#include <math.h>

struct glc_bytes glc_check_bytes(lua_State *L, int index) {
  struct glc_bytes bytes;

  luaL_checktype(L, index, LUA_TSTRING);
  bytes.data = lua_tolstring(L, index, &bytes.length);
  return bytes;
}

void glc_push_field(lua_State *L, int index, const char *name) {
  lua_pushstring(L, name);
  lua_rawget(L, index < 0 ? index - 1 : index);
}

/* Pushes the field; its type, or LUA_TNIL, is checked. */
static bool push_field(lua_State *L, int index, const char *name, int type) {
  glc_push_field(L, index, name);
  if (!lua_isnil(L, -1) && lua_type(L, -1) != type) {
    luaL_error(L, "field '%s': %s expected, got %s", name,
               lua_typename(L, type), luaL_typename(L, -1));
  }
  return !lua_isnil(L, -1);
}

struct glc_bytes glc_field_bytes(lua_State *L, int index, const char *name) {
  struct glc_bytes bytes = {"", 0};

  luaL_checkstack(L, LUA_MINSTACK, "too many fields");
  if (push_field(L, index, name, LUA_TSTRING)) {
    bytes.data = lua_tolstring(L, -1, &bytes.length);
  }
  return bytes;
}

bool glc_field_boolean(lua_State *L, int index, const char *name) {
  bool value = push_field(L, index, name, LUA_TBOOLEAN) &&
               lua_toboolean(L, -1);

  lua_pop(L, 1);
  return value;
}

static lua_Number field_number(lua_State *L, int index, const char *name,
                               lua_Number otherwise) {
  lua_Number value = otherwise;

  if (push_field(L, index, name, LUA_TNUMBER)) {
    value = lua_tonumber(L, -1);
    /* Written so that NaN is refused too. */
    if (!(value >= 0 && value < 9.0e15)) {
      luaL_error(L, "field '%s' is out of range", name);
    }
  }
  lua_pop(L, 1);
  return value;
}

int64_t glc_field_milliseconds(lua_State *L, int index, const char *name) {
  lua_Number seconds = field_number(L, index, name, 0);

  return (int64_t)ceil(seconds < 1.0e12 ? seconds * 1000 : 1.0e15);
}

size_t glc_field_size(lua_State *L, int index, const char *name,
                      size_t otherwise) {
  lua_Number size = field_number(L, index, name, (lua_Number)otherwise);

  return size < (lua_Number)(SIZE_MAX / 4) ? (size_t)size : SIZE_MAX / 4;
}

size_t glc_check_length(lua_State *L, int index, size_t maximum) {
  size_t length = glc_raw_length(L, index);

  if (length > maximum) {
    luaL_error(L, "a list has more than %d items", (int)maximum);
  }
  return length;
}

uint64_t glc_check_count(lua_State *L, int index) {
  lua_Number count;

  luaL_checktype(L, index, LUA_TNUMBER);
  count = lua_tonumber(L, index);
  luaL_argcheck(L, count >= 0 && count < 9007199254740992.0, index,
                "it is out of range");
  luaL_argcheck(L, count == floor(count), index, "it is no whole number");
  return (uint64_t)count;
}

void glc_push_count(lua_State *L, uint64_t count) {
  if (sizeof(lua_Integer) >= sizeof count) {
    lua_pushinteger(L, (lua_Integer)count);
  } else {
    lua_pushnumber(L, (lua_Number)count);
  }
}

void glc_push_bytes(lua_State *L, struct glc_bytes bytes) {
  lua_pushlstring(L, bytes.data, bytes.length);
}

void glc_push_hex(lua_State *L, const unsigned char *bytes, size_t count) {
  static const char digits[] = "0123456789abcdef";
  char text[2 * GLC_MAX_HEX];
  size_t i;

  for (i = 0; i < count; i++) {
    text[2 * i] = digits[bytes[i] >> 4];
    text[2 * i + 1] = digits[bytes[i] & 15];
  }
  lua_pushlstring(L, text, 2 * count);
}

int glc_push_failure(lua_State *L, const struct glc_error *error) {
  if (error->code == GLC_NO_MEMORY) {
    return luaL_error(L, "not enough memory");
  }
  lua_pushnil(L);
  lua_createtable(L, 0, 4);
  lua_pushstring(L, glc_code_kind(error->code));
  lua_setfield(L, -2, "kind");
  lua_pushstring(L, glc_code_name(error->code));
  lua_setfield(L, -2, "code");
  lua_pushstring(L, error->message);
  lua_setfield(L, -2, "message");
  return 2;
}

int glc_push_outcome(lua_State *L, enum glc_code code,
                     const struct glc_error *error) {
  if (code != GLC_OK) {
    return glc_push_failure(L, error);
  }
  lua_pushboolean(L, 1);
  return 1;
}
