/*
 * Closes a Lua state while libcurl's thread looks up a name for it, lets the
 * lookup end, and ends well: close_in_lookup ROUNDS [PLUGIN]. With the name of
 * a plugin, a shared object that the static library is in, the module comes
 * from there, and the plugin is closed too.
 */
#define _POSIX_C_SOURCE 200809L

#include <dlfcn.h>
#include <lauxlib.h>
#include <lualib.h>
#include <netdb.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const char script[] =
    "local http = require 'glacier.core.http'\n"
    "engine = assert(http.engine())\n"
    "transfer = assert(engine:start{method = 'GET', url = 'http://a.test/'})\n"
    "assert(engine:step())\n";

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static int begun, allowed;

/* In place of the C library's: takes as long as it is told to. */
int getaddrinfo(const char *name, const char *service,
                const struct addrinfo *hints, struct addrinfo **list) {
  int mine;

  (void)name;
  (void)service;
  (void)hints;
  *list = NULL;
  pthread_mutex_lock(&mutex);
  mine = ++begun;
  pthread_cond_broadcast(&changed);
  while (allowed < mine) {
    pthread_cond_wait(&changed, &mutex);
  }
  pthread_mutex_unlock(&mutex);
  return EAI_NONAME;
}

/* Leaves the plugin's function for the module under package.preload. */
static void preload(lua_State *L, void *plugin) {
  lua_CFunction open;
  void *symbol = dlsym(plugin, "luaopen_glacier_core_http");

  memcpy(&open, &symbol, sizeof open);
  lua_getglobal(L, "package");
  lua_getfield(L, -1, "preload");
  lua_pushcfunction(L, open);
  lua_setfield(L, -2, "glacier.core.http");
  lua_settop(L, 0);
}

static int run(int round, const char *path) {
  struct timespec moment = {0, 50 * 1000 * 1000};
  lua_State *L = luaL_newstate();
  void *plugin = path != NULL ? dlopen(path, RTLD_NOW | RTLD_LOCAL) : NULL;

  luaL_openlibs(L);
  if (plugin != NULL) {
    preload(L, plugin);
  } else if (path != NULL) {
    fprintf(stderr, "%s\n", dlerror());
    return EXIT_FAILURE;
  }
  if (luaL_loadstring(L, script) != 0 || lua_pcall(L, 0, 0, 0) != 0) {
    fprintf(stderr, "%s\n", lua_tostring(L, -1));
    return EXIT_FAILURE;
  }
  pthread_mutex_lock(&mutex);
  while (begun < round) {
    pthread_cond_wait(&changed, &mutex);
  }
  pthread_mutex_unlock(&mutex);
  lua_close(L);
  if (plugin != NULL) {
    dlclose(plugin);
  }
  pthread_mutex_lock(&mutex);
  allowed = round;
  pthread_cond_broadcast(&changed);
  pthread_mutex_unlock(&mutex);
  /* The thread goes back into libcurl, and ends. */
  nanosleep(&moment, NULL);
  return EXIT_SUCCESS;
}

int main(int argc, char **argv) {
  int rounds = argc > 1 ? atoi(argv[1]) : 0;
  int status = rounds > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
  int i;

  for (i = 1; i <= rounds && status == EXIT_SUCCESS; i++) {
    status = run(i, argc > 2 ? argv[2] : NULL);
  }
  return status;
}
