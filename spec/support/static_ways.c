/*
 * Opens the static library in the way its first argument names, then runs the
 * script in the second one.
 */
#include <glacier.h>
#include <lauxlib.h>
#include <lualib.h>
#include <stdio.h>
#include <string.h>

static void open_libraries(lua_State *L, const char *way) {
  /* "bare": nothing is open. */
  if (strcmp(way, "bare") != 0) {
    luaL_openlibs(L);
  }
}

/* Leaves a function that opens the library on the stack. */
static void push_opener(lua_State *L, const char *way) {
  if (strcmp(way, "preload") == 0) {
    lua_getglobal(L, "package");
    lua_getfield(L, -1, "preload");
    lua_pushcfunction(L, luaopen_glacier);
    lua_setfield(L, -2, "glacier");
    lua_getglobal(L, "require");
  } else {
    lua_pushcfunction(L, luaopen_glacier);
  }
}

int main(int argc, char **argv) {
  lua_State *L = luaL_newstate();
  int result = 1, times;

  if (argc != 3 || L == NULL) {
    return 2;
  }
  open_libraries(L, argv[1]);
  for (times = strcmp(argv[1], "twice") == 0 ? 2 : 1; times > 0; times--) {
    push_opener(L, argv[1]);
    lua_pushstring(L, "glacier");
    if (lua_pcall(L, 1, 1, 0) != 0) {
      printf("raised: %s\n", lua_tostring(L, -1));
      goto done;
    }
    lua_setglobal(L, times == 2 ? "first" : "opened");
  }
  if (luaL_loadstring(L, argv[2]) != 0 || lua_pcall(L, 0, 0, 0) != 0) {
    printf("raised: %s\n", lua_tostring(L, -1));
    goto done;
  }
  result = 0;
done:
  lua_close(L);
  return result;
}
