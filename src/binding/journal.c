/* Journals; download.c says what there is. */
#include "journal.h"

#include "../core/download/download.h"

#include "arguments.h"

/* A line a MiB of the largest archive is 4 * 10^7: nobody keeps all. */
enum { MAX_LINES = 0x3fffffff };

static void destroy(void *object) {
  glc_journal_close(object);
}

static struct glc_journal *check_journal(lua_State *L) {
  return glc_check_object(L, 1, &glc_journal_type);
}

int glc_push_lock_failure(lua_State *L, const struct glc_error *error,
                          pid_t holder) {
  const int count = glc_push_failure(L, error);

  if (holder != 0) {
    glc_push_count(L, (uint64_t)holder);
    lua_setfield(L, -2, "pid");
  }
  return count;
}

int glc_new_journal(lua_State *L) {
  struct glc_bytes path = glc_check_bytes(L, 1);
  struct glc_handle *handle = glc_new_handle(L, &glc_journal_type);
  struct glc_error error;
  pid_t holder;

  handle->object = glc_journal_open(path, &holder, &error);
  return handle->object != NULL ? 1
                                : glc_push_lock_failure(L, &error, holder);
}

/* Held: the text is the journal's. */
static int read_held(lua_State *L) {
  struct glc_journal *journal = check_journal(L);
  struct glc_bytes text;
  struct glc_error error;
  int64_t cursor = 0, cut = 0;
  bool found = true;
  int count = 0;

  lua_newtable(L);
  while (found) {
    if (glc_journal_next(journal, &cursor, &text, &found, &cut, &error) !=
        GLC_OK) {
      return glc_push_failure(L, &error);
    }
    if (found) {
      glc_push_bytes(L, text);
      lua_rawseti(L, -2, ++count);
    }
  }
  glc_push_count(L, (uint64_t)cut);
  return 2;
}

static int journal_read(lua_State *L) {
  return glc_hold(L, &glc_journal_type, read_held);
}

static int journal_append(lua_State *L) {
  struct glc_bytes text = glc_check_bytes(L, 2);
  struct glc_error error;

  return glc_push_outcome(L,
                      glc_journal_append(check_journal(L), text,
                                         lua_toboolean(L, 3), &error),
                      &error);
}

/* Nothing of Lua's runs between reading the list and writing it down. */
static int journal_rewrite(lua_State *L) {
  struct glc_bytes *texts;
  struct glc_error error;
  size_t count, i;

  luaL_checktype(L, 2, LUA_TTABLE);
  lua_settop(L, 2);
  count = glc_check_length(L, 2, MAX_LINES);
  texts = lua_newuserdata(L, (count + 1) * sizeof *texts);
  for (i = 0; i < count; i++) {
    lua_rawgeti(L, 2, (int)i + 1);
    if (lua_type(L, -1) != LUA_TSTRING) {
      return luaL_error(L, "line %d of a journal is no string", (int)i + 1);
    }
    texts[i].data = lua_tolstring(L, -1, &texts[i].length);
    lua_pop(L, 1);
  }
  return glc_push_outcome(
      L, glc_journal_rewrite(check_journal(L), texts, count, &error), &error);
}

static int journal_close(lua_State *L) {
  return glc_close(L, &glc_journal_type);
}

static const luaL_Reg methods[] = {{"read", journal_read},
                                   {"append", journal_append},
                                   {"rewrite", journal_rewrite},
                                   {"close", journal_close},
                                   {NULL, NULL}};

const struct glc_type glc_journal_type = {"glacier.journal", destroy, methods,
                                          NULL};
