/*
 * What is written in Lua, in a state of this program's: GLC_FUZZ_TARGET names a
 * file that returns a function of the input's bytes, which raises where
 * something is not as it must be. Lines of Lua that follow each other count as
 * coverage for libFuzzer; steps and memory are bounded by the input's size.
 */
#include "fuzz.h"

#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>

enum {
  COUNTERS = 1 << 16,
  STEPS_AT_A_TIME = 1000,
  STEPS = 4000000, /* and so many more a byte: */
  STEPS_A_BYTE = 4000,
  COLLECT_EACH = 256 /* inputs */
};

static const size_t MEMORY = 32u << 20, MEMORY_A_BYTE = 2048;

/* libFuzzer looks for a section of this name. */
__attribute__((section("__libfuzzer_extra_counters"))) static uint8_t
    counters[COUNTERS];

struct bounds {
  size_t used, limit; /* bytes */
  uint64_t steps, most_steps;
  uintptr_t before; /* the line before, as a number */
};

static struct bounds bounds;

int luaopen_glacier_core_digest(lua_State *L);
int luaopen_glacier_core_sigv4(lua_State *L);
int luaopen_glacier_core_http(lua_State *L);
int luaopen_glacier_core_file(lua_State *L);
int luaopen_glacier_core_file_hash(lua_State *L);
int luaopen_glacier_core_inventory(lua_State *L);
int luaopen_glacier_core_process(lua_State *L);
int luaopen_glacier_core_download(lua_State *L);

static const luaL_Reg modules[] = {
    {"glacier.core.digest", luaopen_glacier_core_digest},
    {"glacier.core.sigv4", luaopen_glacier_core_sigv4},
    {"glacier.core.http", luaopen_glacier_core_http},
    {"glacier.core.file", luaopen_glacier_core_file},
    {"glacier.core.file_hash", luaopen_glacier_core_file_hash},
    {"glacier.core.inventory", luaopen_glacier_core_inventory},
    {"glacier.core.process", luaopen_glacier_core_process},
    {"glacier.core.download", luaopen_glacier_core_download},
    {NULL, NULL}};

/* Lua's allocator; what is over the limit is a find. */
static void *allocate(void *context, void *block, size_t before, size_t size) {
  struct bounds *all = context;
  void *result = NULL;

  all->used -= block != NULL ? before : 0;
  if (size == 0) {
    free(block);
  } else {
    result = realloc(block, size);
    REQUIRE(result != NULL);
    all->used += size;
    REQUIRE(all->used <= all->limit);
  }
  return result;
}

static void count_line(lua_State *L, lua_Debug *activation) {
  if (activation->event == LUA_HOOKCOUNT) {
    bounds.steps += STEPS_AT_A_TIME;
    REQUIRE(bounds.steps <= bounds.most_steps);
  } else if (lua_getinfo(L, "S", activation) != 0) {
    const uintptr_t line = (uintptr_t)activation->source / 16 * 31 +
                           (uintptr_t)activation->currentline * 257;

    counters[(line ^ bounds.before) % COUNTERS]++;
    bounds.before = line >> 1;
  }
}

static int add_traceback(lua_State *L) {
  luaL_traceback(L, L, luaL_tolstring(L, 1, NULL), 1);
  return 1;
}

static void set_bounds(size_t size) {
  bounds.limit = bounds.used + MEMORY + size * MEMORY_A_BYTE;
  bounds.steps = 0;
  bounds.most_steps = STEPS + size * (uint64_t)STEPS_A_BYTE;
  bounds.before = 0;
}

static void require_ok(lua_State *L, int status) {
  if (status != LUA_OK) {
    (void)fprintf(stderr, "%s\n", lua_tostring(L, -1));
  }
  REQUIRE(status == LUA_OK);
}

/* A state with add_traceback at 1 and the target's function at 2. */
static lua_State *state_open(void) {
  const char *target = getenv("GLC_FUZZ_TARGET");
  lua_State *L;
  size_t i;

  REQUIRE(target != NULL);
  set_bounds(MEMORY);
  L = lua_newstate(allocate, &bounds);
  REQUIRE(L != NULL);
  luaL_openlibs(L);
  luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_PRELOAD_TABLE);
  for (i = 0; modules[i].name != NULL; i++) {
    lua_pushcfunction(L, modules[i].func);
    lua_setfield(L, -2, modules[i].name);
  }
  lua_settop(L, 0);
  lua_pushcfunction(L, add_traceback);
  require_ok(L, luaL_loadfile(L, target));
  require_ok(L, lua_pcall(L, 0, 1, 1));
  REQUIRE(lua_isfunction(L, 2));
  lua_sethook(L, count_line, LUA_MASKLINE | LUA_MASKCOUNT, STEPS_AT_A_TIME);
  return L;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static lua_State *L;
  static unsigned inputs;

  if (L == NULL) {
    L = state_open();
  }
  if (inputs++ % COLLECT_EACH == 0) {
    lua_gc(L, LUA_GCCOLLECT);
  }
  set_bounds(size);
  lua_pushvalue(L, 2);
  lua_pushlstring(L, (const char *)data, size);
  require_ok(L, lua_pcall(L, 1, 0, 1));
  return 0;
}
