/*
 * Runs a Lua script in which allocations fail on purpose and what is freed is
 * searched: those of the core, of OpenSSL, of libcurl and of Lua itself.
 *
 *   host SCRIPT ARGUMENTS...
 *
 * The script has the library "memory":
 *
 *   memory.call(origins, n, lasting, f)  calls f while allocation n of these
 *     origins ("core,lua") fails, and all after it, if `lasting`: how many have
 *     failed, how many there were, then pcall's results
 *   memory.seek(bytes)   from here on this is searched for in what is freed
 *   memory.found()       in how many blocks it was: { core =, openssl =, ... }
 *   memory.in_new_state(origins, n, lasting, text)  calls the text in a state
 *     of its own, which is closed: as memory.call, but that of the results only
 *     the message of an error is given. It has the standard libraries, and
 *     open(name), which calls luaopen_NAME
 *
 * A Lua that finds no memory collects and asks again, which 5.1 does not:
 * there a single failure is seen, elsewhere one that lasts.
 */
#define _GNU_SOURCE /* RTLD_DEFAULT */

#include <curl/curl.h>
#include <dlfcn.h>
#include <lauxlib.h>
#include <lualib.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "../core/faults.h"

/* A scenario that hangs is seen; none takes a tenth of it. */
enum { PATIENCE = 120 };

static const struct {
  const char *name;
  unsigned flag;
} origins[] = {{"core", FAULTS_CORE},
               {"openssl", FAULTS_OPENSSL},
               {"libcurl", FAULTS_LIBCURL},
               {"lua", FAULTS_LUA}};

enum { ORIGINS = sizeof origins / sizeof origins[0] };

static void *curl_malloc(size_t size) {
  return faulty_malloc(FAULTS_LIBCURL, size);
}

static void *curl_calloc(size_t count, size_t size) {
  return faulty_calloc(FAULTS_LIBCURL, count, size);
}

static void *curl_realloc(void *data, size_t size) {
  return faulty_realloc(FAULTS_LIBCURL, data, size);
}

static void curl_free_block(void *data) {
  faulty_free(FAULTS_LIBCURL, data);
}

static char *curl_copy(const char *text) {
  const size_t size = strlen(text) + 1;
  char *copy = curl_malloc(size);

  if (copy != NULL) {
    memcpy(copy, text, size);
  }
  return copy;
}

/* Lua takes it for granted that a block can be made smaller. */
static void *allocate(void *context, void *data, size_t old, size_t size) {
  void *result = NULL;

  (void)context;
  if (size == 0) {
    faulty_free(FAULTS_LUA, data);
  } else if (data != NULL && size <= old) {
    const bool armed = faults.armed;

    faults.armed = false;
    result = faulty_realloc(FAULTS_LUA, data, size);
    faults.armed = armed;
  } else {
    result = faulty_realloc(FAULTS_LUA, data, size);
  }
  return result;
}

static unsigned check_origins(lua_State *L, int index) {
  const char *names = luaL_checkstring(L, index);
  unsigned flags = 0;
  size_t i;

  for (i = 0; i < ORIGINS; i++) {
    if (strstr(names, origins[i].name) != NULL) {
      flags |= origins[i].flag;
    }
  }
  luaL_argcheck(L, flags != 0, index, "no origin");
  return flags;
}

static void arm(lua_State *L) {
  const unsigned flags = check_origins(L, 1);
  const unsigned long n = (unsigned long)luaL_checknumber(L, 2);

  faults.origins = flags;
  (void)alarm(PATIENCE);
  faults_arm(n, lua_toboolean(L, 3));
}

static int call(lua_State *L) {
  int status;

  luaL_checktype(L, 4, LUA_TFUNCTION);
  lua_settop(L, 4);
  luaL_checkstack(L, 50, NULL);
  lua_pushnil(L); /* what stands for the two numbers and the truth value */
  lua_insert(L, 4);
  lua_pushnil(L);
  lua_insert(L, 4);
  lua_pushnil(L);
  lua_insert(L, 4);
  arm(L);
  status = lua_pcall(L, 0, LUA_MULTRET, 0);
  (void)faults_disarm();
  (void)alarm(0);
  lua_pushnumber(L, (lua_Number)faults.fired);
  lua_replace(L, 4);
  lua_pushnumber(L, (lua_Number)faults.seen);
  lua_replace(L, 5);
  lua_pushboolean(L, status == 0);
  lua_replace(L, 6);
  return lua_gettop(L) - 3;
}

static int seek(lua_State *L) {
  static char needle[4096];
  size_t length;
  const char *bytes = luaL_checklstring(L, 1, &length);

  luaL_argcheck(L, length > 0 && length <= sizeof needle, 1, "length");
  faults_seek_bytes(NULL, 0);
  memcpy(needle, bytes, length);
  faults_seek_bytes(needle, length);
  return 0;
}

static int found(lua_State *L) {
  size_t i;

  lua_newtable(L);
  for (i = 0; i < ORIGINS; i++) {
    lua_pushnumber(L, (lua_Number)faults.unwiped_by[origins[i].flag]);
    lua_setfield(L, -2, origins[i].name);
  }
  return 1;
}

/* open(name): what luaopen_NAME gives. */
static int open_module(lua_State *L) {
  const char *name = luaL_checkstring(L, 1);
  lua_CFunction function = NULL;
  char symbol[80];
  void *found_at;

  (void)snprintf(symbol, sizeof symbol, "luaopen_%s", name);
  found_at = dlsym(RTLD_DEFAULT, symbol);
  luaL_argcheck(L, found_at != NULL, 1, "no such module");
  memcpy(&function, &found_at, sizeof function);
  lua_pushcfunction(L, function);
  lua_call(L, 0, 1);
  return 1;
}

/* What a program does with a new state. */
static int prepare(lua_State *L) {
  luaL_openlibs(L);
  lua_pushcfunction(L, open_module);
  lua_setglobal(L, "open");
  return 0;
}

static int load_and_run(lua_State *L) {
  if (luaL_loadstring(L, lua_touserdata(L, 1)) != 0) {
    return lua_error(L);
  }
  lua_call(L, 0, 0);
  return 0;
}

static int protect(lua_State *L, lua_CFunction function, const char *text) {
  lua_settop(L, 0);
  lua_pushcfunction(L, function);
  lua_pushlightuserdata(L, (void *)text);
  return lua_pcall(L, 1, 0, 0);
}

static int in_new_state(lua_State *L) {
  const char *text = luaL_checkstring(L, 4);
  lua_State *other = lua_newstate(allocate, NULL);
  char message[256] = "no state";
  int status = -1;

  if (other != NULL && protect(other, prepare, NULL) == 0) {
    arm(L);
    status = protect(other, load_and_run, text);
    /* A finalizer may want memory, too. */
    if (status == 0) {
      message[0] = '\0';
    } else {
      const char *told =
          lua_type(other, -1) == LUA_TSTRING ? lua_tostring(other, -1) : "";

      (void)snprintf(message, sizeof message, "%s", told);
    }
    lua_close(other);
    (void)faults_disarm();
    (void)alarm(0);
  }
  lua_pushnumber(L, (lua_Number)faults.fired);
  lua_pushnumber(L, (lua_Number)faults.seen);
  lua_pushboolean(L, status == 0);
  lua_pushstring(L, message);
  return 4;
}

static int open_memory(lua_State *L) {
  static const struct {
    const char *name;
    lua_CFunction function;
  } functions[] = {{"call", call},
                   {"seek", seek},
                   {"found", found},
                   {"in_new_state", in_new_state}};
  size_t i;

  lua_newtable(L);
  for (i = 0; i < sizeof functions / sizeof functions[0]; i++) {
    lua_pushcfunction(L, functions[i].function);
    lua_setfield(L, -2, functions[i].name);
  }
  lua_setglobal(L, "memory");
  return 0;
}

static int run_script(lua_State *L, int count, char **words) {
  int i, status;

  lua_newtable(L);
  for (i = 1; i < count; i++) {
    lua_pushstring(L, words[i]);
    lua_rawseti(L, -2, i - 1);
  }
  lua_setglobal(L, "arg");
  (void)open_memory(L);
  status = luaL_loadfile(L, words[1]) != 0 || lua_pcall(L, 0, 0, 0) != 0;
  if (status != 0) {
    (void)fprintf(stderr, "%s\n", lua_tostring(L, -1));
  }
  return status;
}

int main(int argc, char **argv) {
  int status = EXIT_FAILURE;
  lua_State *L;

  if (argc < 2 || !faults_reach_openssl() ||
      curl_global_init_mem(CURL_GLOBAL_DEFAULT, curl_malloc, curl_free_block,
                           curl_realloc, curl_copy, curl_calloc) != CURLE_OK) {
    return EXIT_FAILURE;
  }
  L = lua_newstate(allocate, NULL);
  if (L != NULL && protect(L, prepare, NULL) == 0 &&
      run_script(L, argc, argv) == 0) {
    status = EXIT_SUCCESS;
  }
  if (L != NULL) {
    lua_close(L);
  }
  curl_global_cleanup();
  return status;
}
