/* What Lua asks of a transfer; http.c says what there is. */
#include "transfer.h"

#include "../core/http/http.h"

#include "arguments.h"
#include "receiver.h"

/* Room for as many headers as the service sends is made at once. */
enum { MAX_HEADER_NAME = 1024, USUAL_HEADERS = 8 };

static void destroy(void *object) {
  glc_transfer_free(object);
}

static struct glc_transfer *check_transfer(lua_State *L) {
  return glc_check_object(L, 1, &glc_transfer_type);
}

/*
 * Of a body in pieces: also whether one is to be taken before more comes. One
 * that was given back is done: others may wait for it that do not know.
 */
static int transfer_done(lua_State *L) {
  bool done = glc_is_released(L, 1, &glc_transfer_type);

  if (!done) {
    const struct glc_transfer *transfer = check_transfer(L);

    done = glc_transfer_done(transfer) || glc_transfer_paused(transfer);
  }
  lua_pushboolean(L, done);
  return 1;
}

static int transfer_sent(lua_State *L) {
  lua_pushboolean(L, glc_transfer_sent(check_transfer(L)));
  return 1;
}

static int transfer_reused(lua_State *L) {
  lua_pushboolean(L, glc_transfer_reused(check_transfer(L)));
  return 1;
}

static int transfer_number(lua_State *L) {
  lua_pushnumber(L, glc_transfer_number(check_transfer(L)));
  return 1;
}

static int transfer_cancel(lua_State *L) {
  glc_transfer_cancel(check_transfer(L));
  return 0;
}

/* Header names are case-insensitive (RFC 9110 5.1): Lua sees them lower. */
static void push_lower(lua_State *L, struct glc_bytes name) {
  char lower[MAX_HEADER_NAME];
  size_t length = name.length < sizeof lower ? name.length : sizeof lower;
  size_t i;

  for (i = 0; i < length; i++) {
    lower[i] = glc_byte_lower(name.data[i]);
  }
  lua_pushlstring(L, lower, length);
}

/* Fields of one name are one value, joined by commas (RFC 9110 5.3). */
static void push_headers(lua_State *L, const struct glc_transfer *transfer) {
  struct glc_header header;
  size_t cursor = 0;

  lua_createtable(L, 0, USUAL_HEADERS);
  while (glc_transfer_header(transfer, &cursor, &header)) {
    push_lower(L, header.name);
    lua_pushvalue(L, -1);
    lua_rawget(L, -3);
    if (lua_isnil(L, -1)) {
      lua_pop(L, 1);
      glc_push_bytes(L, header.value);
    } else {
      lua_pushliteral(L, ", ");
      glc_push_bytes(L, header.value);
      lua_concat(L, 3);
    }
    lua_rawset(L, -3);
  }
}

static void push_head(lua_State *L, const struct glc_transfer *transfer) {
  lua_createtable(L, 0, 4);
  lua_pushinteger(L, glc_transfer_status(transfer));
  lua_setfield(L, -2, "status");
  glc_push_bytes(L, glc_transfer_reason(transfer));
  lua_setfield(L, -2, "reason");
  push_headers(L, transfer);
  lua_setfield(L, -2, "headers");
}

/*
 * nil and the failure, with `reused` (whether it was lost on a connection that
 * was kept) and `proxy` where the transfer failed at one.
 */
static int push_transfer_failure(lua_State *L,
                                 const struct glc_transfer *transfer,
                                 const struct glc_error *error) {
  const int count = glc_push_failure(L, error);
  const struct glc_bytes proxy = glc_transfer_proxy(transfer);

  lua_pushboolean(L, glc_transfer_reused(transfer));
  lua_setfield(L, -2, "reused");
  if (proxy.length > 0) {
    glc_push_bytes(L, proxy);
    lua_setfield(L, -2, "proxy");
  }
  return count;
}

/* Held: all that is pushed is the transfer's. */
static int response_held(lua_State *L) {
  const struct glc_transfer *transfer = check_transfer(L);
  struct glc_error error;

  if (glc_transfer_result(transfer, &error) != GLC_OK) {
    return push_transfer_failure(L, transfer, &error);
  }
  push_head(L, transfer);
  glc_push_bytes(L, glc_transfer_body(transfer));
  lua_setfield(L, -2, "body");
  return 1;
}

static int transfer_response(lua_State *L) {
  luaL_argcheck(L, glc_transfer_done(check_transfer(L)), 1,
                "it has not ended");
  return glc_hold(L, &glc_transfer_type, response_held);
}

/* nil before it is there. */
static int head_held(lua_State *L) {
  const struct glc_transfer *transfer = check_transfer(L);

  if (glc_transfer_has_head(transfer)) {
    push_head(L, transfer);
  } else {
    lua_pushnil(L);
  }
  return 1;
}

static int transfer_head(lua_State *L) {
  (void)check_transfer(L);
  return glc_hold(L, &glc_transfer_type, head_held);
}

/* "" where nothing has come. */
static int take_held(lua_State *L) {
  glc_push_bytes(L, glc_transfer_held(check_transfer(L)));
  glc_transfer_resume(check_transfer(L));
  return 1;
}

static int transfer_take(lua_State *L) {
  (void)check_transfer(L);
  return glc_hold(L, &glc_transfer_type, take_held);
}

static int transfer_receive(lua_State *L) {
  struct glc_receiver receiver;
  struct glc_error error;

  (void)check_transfer(L);
  receiver = glc_check_receiver(L, 2);
  return glc_push_outcome(
      L, glc_transfer_receive(check_transfer(L), &receiver, &error), &error);
}

static int transfer_release(lua_State *L) {
  return glc_release(L, &glc_transfer_type);
}

static const luaL_Reg methods[] = {
    {"done", transfer_done},         {"sent", transfer_sent},
    {"reused", transfer_reused},     {"cancel", transfer_cancel},
    {"response", transfer_response}, {"head", transfer_head},
    {"take", transfer_take},         {"receive", transfer_receive},
    {"number", transfer_number},     {"release", transfer_release},
    {NULL, NULL}};

const struct glc_type glc_transfer_type = {"glacier.http_transfer", destroy,
                                           methods, NULL};
