/* Ranges of a part file; download.c says what there is. */
#include "range.h"

#include "../core/download/download.h"

#include "arguments.h"
#include "receiver.h"

/* Of one that was collected, too: there nobody expects to wait. */
static void destroy(void *object) {
  glc_range_abandon(object);
}

static struct glc_range *check_range(lua_State *L) {
  return glc_check_object(L, 1, &glc_range_type);
}

static int range_write(lua_State *L) {
  struct glc_bytes bytes = glc_check_bytes(L, 2);
  struct glc_error error;

  return glc_push_outcome(L, glc_range_write(check_range(L), bytes, &error),
                          &error);
}

static int range_room(lua_State *L) {
  glc_push_count(L, glc_range_room(check_range(L)));
  return 1;
}

/* Of a range that failed, too: the next call says with what. */
static int range_settled(lua_State *L) {
  struct glc_error error;
  enum glc_code code;

  lua_pushboolean(L, glc_range_is_settled(check_range(L), &code, &error));
  return 1;
}

static int range_position(lua_State *L) {
  glc_push_count(L, glc_range_position(check_range(L)));
  return 1;
}

static int range_tree_hash(lua_State *L) {
  unsigned char hash[GLC_SHA256_SIZE];
  struct glc_error error;

  if (glc_range_tree_hash(check_range(L), hash, &error) != GLC_OK) {
    return glc_push_failure(L, &error);
  }
  glc_push_hex(L, hash, sizeof hash);
  return 1;
}

static int range_seal(lua_State *L) {
  glc_range_seal(check_range(L));
  return 0;
}

static int range_close(lua_State *L) {
  struct glc_range *range = glc_find_object(L, 1, &glc_range_type);

  if (range != NULL) {
    glc_range_finish(range);
  }
  return glc_close(L, &glc_range_type);
}

static const luaL_Reg methods[] = {{"write", range_write},
                                   {"room", range_room},
                                   {"settled", range_settled},
                                   {"position", range_position},
                                   {"tree_hash", range_tree_hash},
                                   {"seal", range_seal},
                                   {"close", range_close},
                                   {NULL, NULL}};

const struct glc_type glc_range_type = {"glacier.download_range", destroy,
                                        methods, NULL};

static struct glc_receiver give_receiver(void *object) {
  return glc_range_receiver(object);
}

static const struct glc_receiver_kind receiver_kind = {give_receiver};

void glc_new_range_type(lua_State *L) {
  glc_new_type(L, &glc_range_type);
  glc_offer_receiver(L, &glc_range_type, &receiver_kind);
}
