#include "../core/sigv4/sigv4.h"

#include "arguments.h"
#include "credentials.h"

static void destroy_credentials(void *object) {
  glc_credentials_free(object);
}

int glc_new_credentials(lua_State *L) {
  struct glc_bytes access_key_id = glc_check_bytes(L, 1);
  struct glc_bytes secret_access_key = glc_check_bytes(L, 2);
  struct glc_bytes session_token = {"", 0};
  struct glc_error error;
  struct glc_handle *handle;

  if (!lua_isnoneornil(L, 3)) {
    session_token = glc_check_bytes(L, 3);
  }
  handle = glc_new_handle(L, &glc_credentials_type);
  handle->object = glc_credentials_new(access_key_id, secret_access_key,
                                       session_token, &error);
  return handle->object != NULL ? 1 : glc_push_failure(L, &error);
}

static int push_access_key_id(lua_State *L) {
  glc_push_bytes(L, glc_credentials_access_key_id(
                        glc_check_object(L, 1, &glc_credentials_type)));
  return 1;
}

static int credentials_access_key_id(lua_State *L) {
  return glc_hold(L, &glc_credentials_type, push_access_key_id);
}

static int push_shown(lua_State *L) {
  lua_pushliteral(L, "glacier credentials ");
  push_access_key_id(L);
  lua_concat(L, 2);
  return 1;
}

/* Shows the access key id, which is no secret, and nothing else. */
static int credentials_tostring(lua_State *L) {
  return glc_hold(L, &glc_credentials_type, push_shown);
}

static const luaL_Reg methods[] = {
    {"access_key_id", credentials_access_key_id}, {NULL, NULL}};

static const luaL_Reg metamethods[] = {{"__tostring", credentials_tostring},
                                       {NULL, NULL}};

const struct glc_type glc_credentials_type = {
    "glacier.credentials", destroy_credentials, methods, metamethods};
