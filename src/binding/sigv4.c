/*
 * glacier.core.sigv4: AWS Signature Version 4. Loads without libcurl.
 *
 *   credentials(access_key_id, secret_access_key [, session_token])
 *     -> credentials | nil, failure
 *   signer() -> signer | nil, failure
 *   signer:sign(request) -> {name, value, ...} | nil, failure
 *   common{region=, service=, headers=, unsigned=} -> common
 *   signer:headers(common, credentials, time, method, path, query, body,
 *       headers, ...)
 *     -> headers | nil, failure: all there are, for engine:start to send; read
 *     like a list {name, value, ...}
 *   signer:explain() -> canonical request, string to sign
 */
#include "../core/crypto.h"
#include "../core/sigv4/sigv4.h"

#include <string.h>

#include "arguments.h"
#include "common.h"
#include "credentials.h"
#include "handle.h"
#include "headers.h"
#include "module.h"

/* Headers to send with one request, the signer's own not counted. */
enum { MAX_SENT = GLC_SIGV4_MAX_FIELDS };

/* Those that the signer makes: date, token, authorization. */
enum { SIGNERS_OWN = 3 };

/* Of the signer's own headers, without what they take from the request. */
enum { OWN_SIZE = 256 };

/* The headers that sign makes, in memory of Lua's. */
struct signed_headers {
  char date[GLC_SIGV4_DATE_SIZE];
  size_t token_length;
  size_t authorization_length;
  char text[]; /* the token, then the authorization */
};

static void destroy_signer(void *object) {
  glc_signer_close(object);
}

static const struct glc_type signer_type;

static int new_signer(lua_State *L) {
  struct glc_handle *handle = glc_new_handle(L, &signer_type);
  struct glc_error error;

  handle->object = glc_signer_open(&error);
  return handle->object != NULL ? 1 : glc_push_failure(L, &error);
}

static void push_header(lua_State *L, int *place, const char *name,
                        const char *value, size_t length) {
  lua_pushstring(L, name);
  lua_rawseti(L, -2, ++*place);
  lua_pushlstring(L, value, length);
  lua_rawseti(L, -2, ++*place);
}

static void push_signed(lua_State *L, const struct signed_headers *headers) {
  int place = 0;

  lua_createtable(L, 6, 0);
  push_header(L, &place, "X-Amz-Date", headers->date, strlen(headers->date));
  if (headers->token_length > 0) {
    push_header(L, &place, "X-Amz-Security-Token", headers->text,
                headers->token_length);
  }
  push_header(L, &place, "Authorization",
              headers->text + headers->token_length,
              headers->authorization_length);
}

/*
 * Bytes for the text of the headers that the signer makes; enough, or nearly.
 * The names of the signed ones stand in the last of them.
 */
static size_t text_size(const struct glc_sigv4_request *request,
                        const struct glc_sigv4_scope *scope,
                        const struct glc_credentials *credentials) {
  size_t size = OWN_SIZE + scope->region.length +
                scope->service.length +
                glc_credentials_access_key_id(credentials).length +
                glc_credentials_session_token(credentials).length;
  size_t i;

  for (i = 0; i < request->header_count; i++) {
    size += request->headers[i].name.length + 1;
  }
  return size;
}

/* False: the text is larger than `size`. */
static bool copy_signed(struct signed_headers *headers, size_t size,
                        const struct glc_signer *signer,
                        const struct glc_credentials *credentials) {
  struct glc_bytes date = glc_signer_date(signer);
  struct glc_bytes token = glc_credentials_session_token(credentials);
  struct glc_bytes authorization = glc_signer_authorization(signer);

  if (token.length > size || authorization.length > size - token.length) {
    return false;
  }
  memcpy(headers->date, date.data, date.length + 1);
  memcpy(headers->text, token.data, token.length);
  memcpy(headers->text + token.length, authorization.data,
         authorization.length);
  headers->token_length = token.length;
  headers->authorization_length = authorization.length;
  return true;
}

/*
 * The time to sign with: seconds since 1970-01-01 UTC, fractions cut. `index`
 * is where it is, `argument` what a message says of it.
 */
static int64_t check_time(lua_State *L, int index, int argument) {
  const lua_Number time = luaL_checknumber(L, index);

  luaL_argcheck(L, time > -1.0e15 && time < 1.0e15, argument,
                "time is out of range");
  return (int64_t)time;
}

static int64_t field_time(lua_State *L, int index) {
  int64_t time;

  glc_push_field(L, index, "time");
  time = check_time(L, -1, index);
  lua_pop(L, 1);
  return time;
}

static void read_request(lua_State *L, int index,
                         struct glc_sigv4_request *request) {
  request->method = glc_field_bytes(L, index, "method");
  request->path = glc_field_bytes(L, index, "path");
  request->query = glc_field_bytes(L, index, "query");
  request->body = glc_field_bytes(L, index, "body");
}

static struct glc_sigv4_scope read_scope(lua_State *L, int index) {
  struct glc_sigv4_scope scope;

  scope.region = glc_field_bytes(L, index, "region");
  scope.service = glc_field_bytes(L, index, "service");
  return scope;
}

static void read_all(lua_State *L, int index,
                     struct glc_sigv4_request *request,
                     struct glc_sigv4_scope *scope) {
  read_request(L, index, request);
  request->keep_segments = glc_field_boolean(L, index, "keep_segments");
  *scope = read_scope(L, index);
  request->headers =
      glc_field_headers(L, index, "headers", &request->header_count);
}

/*
 * signer:sign{method=, path=, query=, headers={name, value, ...}, body=,
 * keep_segments=, region=, service=, time=, credentials=} gives the headers
 * to send besides those signed: X-Amz-Date, X-Amz-Security-Token where there
 * is one, Authorization.
 */
static int signer_sign(lua_State *L) {
  struct glc_sigv4_request request = {0};
  struct glc_sigv4_scope scope;
  const struct glc_credentials *credentials;
  struct signed_headers *headers;
  struct glc_signer *signer;
  struct glc_error error;
  int64_t time;
  size_t size;

  (void)glc_check_object(L, 1, &signer_type);
  luaL_checktype(L, 2, LUA_TTABLE);
  lua_settop(L, 2);
  glc_push_field(L, 2, "credentials");
  time = field_time(L, 2);
  read_all(L, 2, &request, &scope);
  credentials = glc_check_object(L, 3, &glc_credentials_type);
  size = text_size(&request, &scope, credentials);
  headers = lua_newuserdata(L, sizeof *headers + size);
  signer = glc_check_object(L, 1, &signer_type);
  credentials = glc_check_object(L, 3, &glc_credentials_type);
  if (glc_sigv4_sign(signer, &request, &scope, credentials, time, &error) !=
      GLC_OK) {
    return glc_push_failure(L, &error);
  }
  if (!copy_signed(headers, size, signer, credentials)) {
    return luaL_error(L, "the signed headers are too large");
  }
  push_signed(L, headers);
  return 1;
}

static bool add_all(struct glc_headers *headers,
                    const struct glc_header *more, size_t count) {
  bool added = true;
  size_t i;

  for (i = 0; added && i < count; i++) {
    added = glc_add_header(headers, more[i].name, more[i].value);
  }
  return added;
}

/* What the signer has made for the last request. */
static bool add_own(struct glc_headers *headers,
                    const struct glc_signer *signer,
                    const struct glc_credentials *credentials) {
  const struct glc_bytes token = glc_credentials_session_token(credentials);

  return glc_add_header(headers, glc_bytes_of("X-Amz-Date"),
                        glc_signer_date(signer)) &&
         (token.length == 0 ||
          glc_add_header(headers, glc_bytes_of("X-Amz-Security-Token"),
                         token)) &&
         glc_add_header(headers, glc_bytes_of("Authorization"),
                        glc_signer_authorization(signer));
}

/* The arguments of signer:headers; behind the last: name, value, and so on. */
enum {
  SIGNER = 1, COMMON, CREDENTIALS, TIME, METHOD, PATH, QUERY, BODY, HEADERS
};

/* The headers of one request; the signed ones come first. */
struct outgoing {
  size_t signed_count;
  size_t count;
  struct glc_header headers[MAX_SENT];
};

static void add_common(struct outgoing *out, const struct glc_header *headers,
                       size_t count) {
  memcpy(out->headers + out->count, headers, count * sizeof *headers);
  out->count += count;
}

static void read_outgoing(lua_State *L, int top,
                          const struct glc_common *common,
                          struct outgoing *out) {
  const size_t unsigned_count = common->count - common->signed_count;
  const size_t last = top > HEADERS ? (size_t)(top - HEADERS) / 2 : 0;
  int i;

  luaL_argcheck(L, top >= HEADERS && (top - HEADERS) % 2 == 0, top,
                "a name without its value");
  luaL_argcheck(L, common->count + last <= MAX_SENT, top,
                "too many headers");
  luaL_checktype(L, HEADERS, LUA_TTABLE);
  out->count = 0;
  add_common(out, common->headers, common->signed_count);
  glc_read_headers(L, HEADERS, out->headers, &out->count,
                   MAX_SENT - unsigned_count - last);
  out->signed_count = out->count;
  add_common(out, common->headers + common->signed_count, unsigned_count);
  for (i = HEADERS + 1; i < top; i += 2) {
    out->headers[out->count].name = glc_check_bytes(L, i);
    out->headers[out->count++].value = glc_check_bytes(L, i + 1);
  }
}

/*
 * signer:headers(common, credentials, time, method, path, query, body, headers,
 * name, value, ...): signs what is common and to be signed, and the list
 * `headers`. The names and values behind it are sent besides, like the common
 * ones that are not signed.
 */
static int signer_headers(lua_State *L) {
  const int top = lua_gettop(L);
  const struct glc_handle *signers = glc_check_handle(L, SIGNER, &signer_type);
  const struct glc_handle *commons =
      glc_check_handle(L, COMMON, &glc_common_type);
  const struct glc_handle *identities =
      glc_check_handle(L, CREDENTIALS, &glc_credentials_type);
  const int64_t time = check_time(L, TIME, TIME);
  struct outgoing out;
  struct glc_sigv4_request request = {0};
  const struct glc_common *common;
  const struct glc_credentials *credentials;
  struct glc_headers *headers;
  struct glc_signer *signer;
  struct glc_error error;
  size_t size;

  request.method = glc_check_bytes(L, METHOD);
  request.path = glc_check_bytes(L, PATH);
  request.query = glc_check_bytes(L, QUERY);
  request.body = glc_check_bytes(L, BODY);
  common = glc_open_object(L, COMMON, commons);
  credentials = glc_open_object(L, CREDENTIALS, identities);
  read_outgoing(L, top, common, &out);
  request.headers = out.headers;
  request.header_count = out.signed_count;
  size = text_size(&request, &common->scope, credentials) +
         glc_headers_length(out.headers, out.count);
  headers = glc_new_headers(L, out.count + SIGNERS_OWN, size);
  signer = glc_open_object(L, SIGNER, signers);
  common = glc_open_object(L, COMMON, commons);
  credentials = glc_open_object(L, CREDENTIALS, identities);
  if (glc_sigv4_sign(signer, &request, &common->scope, credentials, time,
                     &error) != GLC_OK) {
    return glc_push_failure(L, &error);
  }
  if (!add_all(headers, out.headers, out.signed_count) ||
      !add_own(headers, signer, credentials) ||
      !add_all(headers, out.headers + out.signed_count,
               out.count - out.signed_count)) {
    return luaL_error(L, "the signed headers are too large");
  }
  return 1;
}

/*
 * The canonical request and the string to sign of the last request signed, to
 * compare with what a service says it expected. The former holds the session
 * token where there is one. Both are of one request: a finalizer may sign
 * another while Lua is asked for memory, then it is asked for more.
 */
static int signer_explain(lua_State *L) {
  const struct glc_signer *signer;
  struct glc_bytes canonical, text;
  size_t size = 0;
  char *copy = NULL;

  for (;;) {
    signer = glc_check_object(L, 1, &signer_type);
    canonical = glc_signer_canonical_request(signer);
    text = glc_signer_string_to_sign(signer);
    if (copy != NULL && canonical.length + text.length <= size) {
      break;
    }
    size = canonical.length + text.length;
    lua_settop(L, 1);
    copy = lua_newuserdata(L, size + 1);
  }
  memcpy(copy, canonical.data, canonical.length);
  memcpy(copy + canonical.length, text.data, text.length);
  size = canonical.length;
  lua_pushlstring(L, copy, size);
  lua_pushlstring(L, copy + size, text.length);
  return 2;
}

static const luaL_Reg signer_methods[] = {
    {"sign", signer_sign},
    {"headers", signer_headers},
    {"explain", signer_explain},
    {NULL, NULL}};

static const struct glc_type signer_type = {"glacier.signer", destroy_signer,
                                            signer_methods, NULL};

static const luaL_Reg functions[] = {{"credentials", glc_new_credentials},
                                     {"signer", new_signer},
                                     {"common", glc_new_common},
                                     {NULL, NULL}};

GLC_EXPORT int luaopen_glacier_core_sigv4(lua_State *L);

int luaopen_glacier_core_sigv4(lua_State *L) {
  glc_module_open(L);
  glc_crypto_prepare();
  glc_new_type(L, &glc_credentials_type);
  glc_new_type(L, &signer_type);
  glc_new_type(L, &glc_common_type);
  lua_newtable(L);
  glc_set_functions(L, functions);
  return 1;
}
