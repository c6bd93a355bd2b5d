/*
 * glacier.core.sigv4: AWS Signature Version 4. Loads without libcurl.
 *
 *   credentials(access_key_id, secret_access_key [, session_token])
 *     -> credentials | nil, failure
 *   signer() -> signer | nil, failure
 *   signer:sign(request) -> {name, value, ...} | nil, failure
 *   signer:explain() -> canonical request, string to sign
 */
#include "../core/crypto.h"
#include "../core/sigv4.h"

#include "arguments.h"

#define CREDENTIALS_TYPE "glacier.credentials"
#define SIGNER_TYPE "glacier.signer"

static int new_credentials(lua_State *L) {
  struct glc_bytes access_key_id = glc_check_bytes(L, 1);
  struct glc_bytes secret_access_key = glc_check_bytes(L, 2);
  struct glc_bytes session_token = {"", 0};
  struct glc_error error;
  void **handle;

  if (!lua_isnoneornil(L, 3)) {
    session_token = glc_check_bytes(L, 3);
  }
  handle = glc_new_handle(L, CREDENTIALS_TYPE);
  *handle = glc_credentials_new(access_key_id, secret_access_key,
                                session_token, &error);
  return *handle != NULL ? 1 : glc_push_failure(L, &error);
}

static int credentials_access_key_id(lua_State *L) {
  glc_push_bytes(L, glc_credentials_access_key_id(
                        glc_check_handle(L, 1, CREDENTIALS_TYPE)));
  return 1;
}

/* Shows the access key id, which is no secret, and nothing else. */
static int credentials_tostring(lua_State *L) {
  struct glc_bytes id = glc_credentials_access_key_id(
      glc_check_handle(L, 1, CREDENTIALS_TYPE));

  lua_pushliteral(L, "glacier credentials ");
  glc_push_bytes(L, id);
  lua_concat(L, 2);
  return 1;
}

static int credentials_gc(lua_State *L) {
  void **handle = luaL_checkudata(L, 1, CREDENTIALS_TYPE);

  glc_credentials_free(*handle);
  *handle = NULL;
  return 0;
}

static int new_signer(lua_State *L) {
  void **handle = glc_new_handle(L, SIGNER_TYPE);
  struct glc_error error;

  *handle = glc_signer_open(&error);
  return *handle != NULL ? 1 : glc_push_failure(L, &error);
}

static void push_header(lua_State *L, int *place, const char *name,
                        struct glc_bytes value) {
  lua_pushstring(L, name);
  lua_rawseti(L, -2, ++*place);
  glc_push_bytes(L, value);
  lua_rawseti(L, -2, ++*place);
}

/* The time to sign with: seconds since 1970-01-01 UTC, fractions cut. */
static int64_t field_time(lua_State *L, int index) {
  lua_Number time;

  glc_push_field(L, index, "time");
  time = luaL_checknumber(L, -1);
  lua_pop(L, 1);
  luaL_argcheck(L, time > -1.0e15 && time < 1.0e15, index,
                "time is out of range");
  return (int64_t)time;
}

/*
 * signer:sign{method=, path=, query=, headers={name, value, ...}, body=,
 * keep_segments=, region=, service=, time=, credentials=} gives the headers
 * to send besides those signed: X-Amz-Date, X-Amz-Security-Token where there
 * is one, Authorization.
 */
static int signer_sign(lua_State *L) {
  struct glc_signer *signer = glc_check_handle(L, 1, SIGNER_TYPE);
  struct glc_sigv4_request request = {0};
  struct glc_sigv4_scope scope;
  const struct glc_credentials *credentials;
  struct glc_bytes token;
  struct glc_error error;
  int64_t time;
  int place = 0;

  luaL_checktype(L, 2, LUA_TTABLE);
  lua_settop(L, 2);
  glc_push_field(L, 2, "credentials");
  credentials = glc_check_handle(L, 3, CREDENTIALS_TYPE);
  request.method = glc_field_bytes(L, 2, "method");
  request.path = glc_field_bytes(L, 2, "path");
  request.query = glc_field_bytes(L, 2, "query");
  request.body = glc_field_bytes(L, 2, "body");
  request.keep_segments = glc_field_boolean(L, 2, "keep_segments");
  scope.region = glc_field_bytes(L, 2, "region");
  scope.service = glc_field_bytes(L, 2, "service");
  time = field_time(L, 2);
  request.headers =
      glc_field_headers(L, 2, "headers", &request.header_count);
  if (glc_sigv4_sign(signer, &request, &scope, credentials, time, &error) !=
      GLC_OK) {
    return glc_push_failure(L, &error);
  }
  lua_createtable(L, 6, 0);
  push_header(L, &place, "X-Amz-Date", glc_signer_date(signer));
  token = glc_credentials_session_token(credentials);
  if (token.length > 0) {
    push_header(L, &place, "X-Amz-Security-Token", token);
  }
  push_header(L, &place, "Authorization", glc_signer_authorization(signer));
  return 1;
}

/*
 * The canonical request and the string to sign of the last request signed, to
 * compare with what a service says it expected. The former holds the session
 * token where there is one.
 */
static int signer_explain(lua_State *L) {
  const struct glc_signer *signer = glc_check_handle(L, 1, SIGNER_TYPE);

  glc_push_bytes(L, glc_signer_canonical_request(signer));
  glc_push_bytes(L, glc_signer_string_to_sign(signer));
  return 2;
}

static int signer_gc(lua_State *L) {
  void **handle = luaL_checkudata(L, 1, SIGNER_TYPE);

  glc_signer_close(*handle);
  *handle = NULL;
  return 0;
}

static const luaL_Reg credentials_methods[] = {
    {"access_key_id", credentials_access_key_id},
    {"__tostring", credentials_tostring},
    {"__gc", credentials_gc},
    {NULL, NULL}};

static const luaL_Reg signer_methods[] = {{"sign", signer_sign},
                                          {"explain", signer_explain},
                                          {"__gc", signer_gc},
                                          {NULL, NULL}};

static const luaL_Reg functions[] = {{"credentials", new_credentials},
                                     {"signer", new_signer},
                                     {NULL, NULL}};

GLC_EXPORT int luaopen_glacier_core_sigv4(lua_State *L);

int luaopen_glacier_core_sigv4(lua_State *L) {
  glc_check_version(L);
  glc_crypto_prepare();
  glc_new_type(L, CREDENTIALS_TYPE, credentials_methods);
  glc_new_type(L, SIGNER_TYPE, signer_methods);
  lua_newtable(L);
  glc_set_functions(L, functions);
  return 1;
}
