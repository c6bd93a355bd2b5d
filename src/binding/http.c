/*
 * glacier.core.http: HTTP/1.1 on libcurl, never blocking by itself.
 *
 *   engine() -> engine | nil, failure
 *   engine:start(request) -> transfer | nil, failure
 *   engine:fds() -> {{fd=, read=, write=}, ...}: where many are waited for, one
 *     descriptor that stands for all
 *   engine:timeout() -> seconds | nil
 *   engine:step([ready]), engine:wait([seconds]) -> true | nil, failure
 *   engine:active() -> number;  engine:forked() -> boolean;  engine:close()
 *   engine:news() -> {number, ...}: of the transfers that are done since this
 *     was asked; so nobody need ask all that wait
 *   transfer:number() -> number: no other of its engine has it
 *   transfer:done() -> boolean;  transfer:cancel()
 *   transfer:release(): gives its memory back at once; it is done from then on,
 *     and nothing else may be asked of it
 *   transfer:response() -> {status=, reason=, headers=, body=} | nil, failure
 *   transfer:sent() -> boolean;  transfer:reused() -> boolean
 *   transfer:head() -> {status=, reason=, headers=} | nil
 *   transfer:take() -> string: of a body in pieces (request.piece_bytes), what
 *     has come since; done() tells when to
 *   transfer:receive(receiver) -> true | nil, failure: instead, all goes to it,
 *     past Lua: a range of glacier.core.download
 *   monotonic() -> seconds;  sleep(seconds)
 *
 * A failure is {kind=, code=, message=}; that of a transfer has reused=, too.
 */
#include "../core/clock.h"
#include "../core/crypto.h"
#include "../core/http/http.h"

#include <math.h>
#include <string.h>

#include "arguments.h"
#include "handle.h"
#include "headers.h"
#include "module.h"
#include "transfer.h"

enum {
  MAX_HEADER_BYTES = 64 * 1024,
  MAX_BODY_BYTES = 16 * 1024 * 1024,
  MAX_READY = 1024 * 1024
};

static void destroy_engine(void *object) {
  glc_http_close(object);
}

static const struct glc_type engine_type;

static int new_engine(lua_State *L) {
  struct glc_handle *handle = glc_new_handle(L, &engine_type);
  struct glc_error error;

  handle->object = glc_http_open(&error);
  return handle->object != NULL ? 1 : glc_push_failure(L, &error);
}

static struct glc_http *check_engine(lua_State *L) {
  return glc_check_object(L, 1, &engine_type);
}

/* The fields of the table at `index`; all strings are left on the stack. */
static void read_request(lua_State *L, int index,
                         struct glc_http_request *request) {
  request->method = glc_field_bytes(L, index, "method");
  request->url = glc_field_bytes(L, index, "url");
  request->body = glc_field_bytes(L, index, "body");
  request->ca_bundle = glc_field_bytes(L, index, "ca_bundle");
  request->connect_timeout =
      glc_field_milliseconds(L, index, "connect_timeout");
  request->read_timeout = glc_field_milliseconds(L, index, "read_timeout");
  request->timeout = glc_field_milliseconds(L, index, "timeout");
  request->low_speed_limit = glc_field_size(L, index, "low_speed_limit", 0);
  request->low_speed_time =
      glc_field_milliseconds(L, index, "low_speed_time");
  request->insecure = glc_field_boolean(L, index, "insecure");
  request->tcp_keepalive = glc_field_boolean(L, index, "tcp_keepalive");
  request->fresh_connection =
      glc_field_boolean(L, index, "fresh_connection");
  request->raw_body = glc_field_boolean(L, index, "raw_body");
  request->secret_body = glc_field_boolean(L, index, "secret_body");
  request->max_header_bytes =
      glc_field_size(L, index, "max_header_bytes", MAX_HEADER_BYTES);
  request->max_body_bytes =
      glc_field_size(L, index, "max_body_bytes", MAX_BODY_BYTES);
  request->piece_bytes = glc_field_size(L, index, "piece_bytes", 0);
  request->buffer_bytes = glc_field_size(L, index, "buffer_bytes", 0);
  request->headers =
      glc_field_headers(L, index, "headers", &request->header_count);
}

/*
 * engine:start{method=, url=, headers={name, value, ...} or what
 * signer:headers gives, body=,
 * connect_timeout=, read_timeout=, timeout= (seconds),
 * low_speed_limit= (bytes a second), low_speed_time= (seconds), insecure=,
 * tcp_keepalive=, fresh_connection=, raw_body=, secret_body=, ca_bundle=,
 * proxy=, max_header_bytes=, max_body_bytes=,
 * piece_bytes=, buffer_bytes=}
 */
static int engine_start(lua_State *L) {
  struct glc_http_request request = {0};
  struct glc_error error;
  struct glc_bytes proxy;
  struct glc_handle *handle;

  (void)check_engine(L);
  luaL_checktype(L, 2, LUA_TTABLE);
  read_request(L, 2, &request);
  proxy = glc_field_bytes(L, 2, "proxy");
  request.proxy = lua_isnil(L, -1) ? NULL : &proxy;
  handle = glc_new_handle(L, &glc_transfer_type);
  handle->object = glc_http_start(check_engine(L), &request, &error);
  return handle->object != NULL ? 1 : glc_push_failure(L, &error);
}

static void push_event(lua_State *L, const struct glc_http_event *event) {
  lua_createtable(L, 0, 3);
  lua_pushinteger(L, event->fd);
  lua_setfield(L, -2, "fd");
  lua_pushboolean(L, event->events & GLC_HTTP_READ);
  lua_setfield(L, -2, "read");
  lua_pushboolean(L, event->events & GLC_HTTP_WRITE);
  lua_setfield(L, -2, "write");
}

/*
 * Pushes what the engine waits for at one moment, in memory of Lua's: it may
 * be more by the time that this is there.
 */
static const struct glc_http_event *push_events(lua_State *L, size_t *count) {
  const struct glc_http_event *events = glc_http_fds(check_engine(L), count);
  struct glc_http_event *copy = NULL;
  size_t size = 0;

  while (copy == NULL || *count > size) {
    size = *count;
    lua_settop(L, 1);
    copy = lua_newuserdata(L, (size + 1) * sizeof *copy);
    events = glc_http_fds(check_engine(L), count);
  }
  if (*count > 0) {
    memcpy(copy, events, *count * sizeof *copy);
  }
  return copy;
}

static int engine_fds(lua_State *L) {
  size_t count, i;
  const struct glc_http_event *events = push_events(L, &count);

  lua_createtable(L, (int)count, 0);
  for (i = 0; i < count; i++) {
    push_event(L, &events[i]);
    lua_rawseti(L, -2, (int)i + 1);
  }
  return 1;
}

static int engine_timeout(lua_State *L) {
  int64_t timeout = glc_http_timeout(check_engine(L));

  if (timeout < 0) {
    lua_pushnil(L);
  } else {
    lua_pushnumber(L, (lua_Number)timeout / 1000);
  }
  return 1;
}

/* One entry of the list given to step, in the form that fds gives. */
static struct glc_http_event ready_event(lua_State *L, int index, size_t i) {
  struct glc_http_event event;

  lua_rawgeti(L, index, (int)i + 1);
  luaL_checktype(L, -1, LUA_TTABLE);
  glc_push_field(L, -1, "fd");
  event.fd = (int)luaL_checkinteger(L, -1);
  event.events = (glc_field_boolean(L, -2, "read") ? GLC_HTTP_READ : 0) |
                 (glc_field_boolean(L, -2, "write") ? GLC_HTTP_WRITE : 0) |
                 (glc_field_boolean(L, -2, "error") ? GLC_HTTP_ERROR : 0);
  lua_pop(L, 2);
  return event;
}

/* engine:step([{{fd=, read=, write=, error=}, ...}]) */
static int engine_step(lua_State *L) {
  struct glc_http_event *ready = NULL;
  struct glc_error error;
  size_t count = 0, i;

  check_engine(L);
  if (!lua_isnoneornil(L, 2)) {
    luaL_checktype(L, 2, LUA_TTABLE);
    lua_settop(L, 2);
    count = glc_check_length(L, 2, MAX_READY);
    ready = lua_newuserdata(L, (count + 1) * sizeof *ready);
    for (i = 0; i < count; i++) {
      ready[i] = ready_event(L, 2, i);
    }
  }
  return glc_push_outcome(
      L, glc_http_step(check_engine(L), ready, count, &error), &error);
}

/* Seconds as milliseconds, rounded up; nil is -1, for ever. */
static int64_t optional_milliseconds(lua_State *L, int index) {
  lua_Number seconds = luaL_optnumber(L, index, -1);

  if (lua_isnoneornil(L, index) || !(seconds < 1.0e12)) {
    return -1;
  }
  return seconds > 0 ? (int64_t)ceil(seconds * 1000) : 0;
}

static int engine_wait(lua_State *L) {
  struct glc_http *http = check_engine(L);
  struct glc_error error;

  return glc_push_outcome(
      L, glc_http_wait(http, optional_milliseconds(L, 2), &error), &error);
}

static int engine_news(lua_State *L) {
  double number = glc_http_news(check_engine(L));
  int count = 0;

  lua_settop(L, 1);
  lua_newtable(L);
  while (number != 0) {
    lua_pushnumber(L, number);
    lua_rawseti(L, 2, ++count);
    number = count < MAX_READY ? glc_http_news(check_engine(L)) : 0;
  }
  return 1;
}

static int engine_active(lua_State *L) {
  lua_pushinteger(L, (lua_Integer)glc_http_active(check_engine(L)));
  return 1;
}

static int engine_forked(lua_State *L) {
  lua_pushboolean(L, glc_http_forked(check_engine(L)));
  return 1;
}

static int engine_close(lua_State *L) {
  return glc_close(L, &engine_type);
}

static int monotonic(lua_State *L) {
  lua_pushnumber(L, (lua_Number)glc_clock_monotonic() / 1000);
  return 1;
}

static int sleep_for(lua_State *L) {
  const lua_Number seconds = luaL_checknumber(L, 1);
  const int64_t milliseconds = optional_milliseconds(L, 1);

  /* What is too long for a number of milliseconds, infinity too, never ends. */
  glc_clock_sleep(milliseconds < 0 && seconds > 0 ? INT64_MAX : milliseconds);
  return 0;
}

static const luaL_Reg engine_methods[] = {
    {"start", engine_start},     {"fds", engine_fds},
    {"timeout", engine_timeout}, {"step", engine_step},
    {"wait", engine_wait},       {"active", engine_active},
    {"news", engine_news},
    {"forked", engine_forked},   {"close", engine_close},
    {NULL, NULL}};

static const struct glc_type engine_type = {
    "glacier.http_engine", destroy_engine, engine_methods, NULL};

static const luaL_Reg functions[] = {{"engine", new_engine},
                                     {"monotonic", monotonic},
                                     {"sleep", sleep_for},
                                     {NULL, NULL}};

GLC_EXPORT int luaopen_glacier_core_http(lua_State *L);

int luaopen_glacier_core_http(lua_State *L) {
  glc_module_open(L);
  glc_crypto_prepare();
  glc_new_type(L, &engine_type);
  glc_new_type(L, &glc_transfer_type);
  lua_newtable(L);
  glc_set_functions(L, functions);
  return 1;
}
