/*
 * A program with Lua and lua-glacier inside. It runs the script it is given:
 *
 *   make static
 *   cc -Ibuild/lua5.4 $(pkg-config --cflags lua5.4) examples/host.c \
 *     build/lua5.4/libglacier.a $(pkg-config --libs lua5.4) \
 *     -lcurl -lcrypto -lpthread -lm -o host
 *   ./host examples/initiate_job.lua
 */
#include <glacier.h>
#include <lauxlib.h>
#include <lualib.h>
#include <stdio.h>
#include <stdlib.h>

/* Calls the function on the stack; what it raises is shown. */
static int run(lua_State *L) {
  int status = lua_pcall(L, 0, 0, 0);

  if (status != 0) {
    /* It may be an object that only Lua's tostring can read. */
    lua_getglobal(L, "tostring");
    lua_insert(L, -2);
    lua_call(L, 1, 1);
    (void)fprintf(stderr, "%s\n", lua_tostring(L, -1));
    lua_pop(L, 1);
  }
  return status;
}

int main(int argc, char **argv) {
  int result = EXIT_FAILURE;
  lua_State *L = luaL_newstate();

  if (argc != 2) {
    (void)fprintf(stderr, "usage: %s SCRIPT\n", argv[0]);
  } else if (L == NULL) {
    (void)fprintf(stderr, "not enough memory\n");
  } else {
    luaL_openlibs(L);
    lua_pushcfunction(L, luaopen_glacier);
    /* From here on, the script may require "glacier". */
    if (run(L) == 0) {
      int status = luaL_loadfile(L, argv[1]);

      /* Where it cannot be loaded, the message is on the stack. */
      if (status != 0) {
        (void)fprintf(stderr, "%s\n", lua_tostring(L, -1));
      } else if (run(L) == 0) {
        result = EXIT_SUCCESS;
      }
    }
  }
  if (L != NULL) {
    lua_close(L);
  }
  return result;
}
