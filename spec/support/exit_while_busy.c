/* Ends while threads that nobody waits for ask Lua for random numbers. */
#define _POSIX_C_SOURCE 200809L

#include <lauxlib.h>
#include <lualib.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static void *work(void *unused) {
  lua_State *L = luaL_newstate();

  (void)unused;
  luaL_openlibs(L);
  if (luaL_loadstring(L, "local uuid = require('glacier.core.digest').uuid "
                         "while true do uuid() end") != 0 ||
      lua_pcall(L, 0, 0, 0) != 0) {
    fprintf(stderr, "%s\n", lua_tostring(L, -1));
    exit(EXIT_FAILURE);
  }
  return NULL;
}

int main(void) {
  struct timespec moment = {0, 50 * 1000 * 1000};
  pthread_t thread;
  int i;

  for (i = 0; i < 4; i++) {
    if (pthread_create(&thread, NULL, work, NULL) != 0) {
      return EXIT_FAILURE;
    }
  }
  nanosleep(&moment, NULL);
  return EXIT_SUCCESS;
}
