/*
 * Lua states in threads, and what a program may do to them.
 *
 *   threads calls THREADS CALLS    a state in each thread, CALLS jobs in each
 *   threads states THREADS ROUNDS  states opened and closed, a job in each
 *   threads close ROUNDS           lua_close while transfers are under way
 *   threads fork CALLS             a child that goes on with its parent's client
 *   threads reload ROUNDS MODULE   dlopen and dlclose of a C module
 *
 * The scripts stand in spec/support/threads.lua; the service in the variables
 * of the AWS tools. Prints a line for each thing that went wrong; status 0:
 * none.
 */
#define _POSIX_C_SOURCE 200809L

#include <dlfcn.h>
#include <lauxlib.h>
#include <lualib.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MAX_THREADS = 64 };

struct worker {
  const char *role;
  int number;
  int rounds;
  int failures;
};

/* The script's function `name` of a new state is called with a number. */
static lua_State *open_state(void) {
  lua_State *L = luaL_newstate();

  if (L != NULL) {
    luaL_openlibs(L);
    if (luaL_loadfile(L, "spec/support/threads.lua") != 0 ||
        lua_pcall(L, 0, 1, 0) != 0) {
      printf("script: %s\n", lua_tostring(L, -1));
      lua_close(L);
      L = NULL;
    }
  }
  return L;
}

static int call(lua_State *L, const char *name, int argument) {
  int failed;

  lua_getfield(L, 1, name);
  lua_pushinteger(L, argument);
  failed = lua_pcall(L, 1, 0, 0) != 0;
  if (failed) {
    printf("%s: %s\n", name, lua_tostring(L, -1));
    lua_pop(L, 1);
  }
  return failed;
}

/* A state for all rounds, or a state a round. */
static void *work(void *context) {
  struct worker *worker = context;
  int one_state = strcmp(worker->role, "calls") == 0;
  int states = one_state ? 1 : worker->rounds;
  int i;

  for (i = 0; i < states; i++) {
    lua_State *L = open_state();

    if (L == NULL) {
      worker->failures++;
    } else {
      worker->failures += call(L, worker->role,
                               one_state ? worker->rounds : i);
      lua_close(L);
    }
  }
  return NULL;
}

static int run_threads(const char *role, int count, int rounds) {
  struct worker workers[MAX_THREADS];
  pthread_t threads[MAX_THREADS];
  int failures = 0, started, i;

  for (started = 0; started < count; started++) {
    struct worker worker = {NULL, 0, 0, 0};

    worker.role = role;
    worker.number = started;
    worker.rounds = rounds;
    workers[started] = worker;
    if (pthread_create(&threads[started], NULL, work, &workers[started])) {
      failures++;
      break;
    }
  }
  for (i = 0; i < started; i++) {
    failures += pthread_join(threads[i], NULL) != 0;
    failures += workers[i].failures;
  }
  return failures;
}

/* The parent's client in parent and child; the parent calls before and after. */
static int run_fork(int calls) {
  lua_State *L = open_state();
  int failures = 1, status = 1;
  pid_t child;

  if (L != NULL) {
    failures = call(L, "calls", calls);
    fflush(stdout);
    child = fork();
    if (child == 0) {
      failures = call(L, "calls", calls);
      lua_close(L);
      fflush(stdout);
      _exit(failures);
    }
    failures += child < 0 || waitpid(child, &status, 0) != child ||
                status != 0;
    failures += call(L, "calls", calls);
    lua_close(L);
  }
  return failures;
}

static int run_reload(int rounds, const char *path) {
  int failures = 0, i;

  for (i = 0; i < rounds; i++) {
    void *module = dlopen(path, RTLD_NOW);
    lua_State *L = module != NULL ? open_state() : NULL;

    if (L == NULL) {
      failures++;
    } else {
      failures += call(L, "states", i);
      lua_close(L);
    }
    failures += module == NULL || dlclose(module) != 0;
  }
  return failures;
}

int main(int argc, char **argv) {
  const char *role = argc > 2 ? argv[1] : "";
  int first = argc > 2 ? atoi(argv[2]) : 0;
  int failures = -1;

  if (strcmp(role, "close") == 0) {
    failures = run_threads(role, 1, first);
  } else if (strcmp(role, "fork") == 0) {
    failures = run_fork(first);
  } else if (strcmp(role, "reload") == 0 && argc > 3) {
    failures = run_reload(first, argv[3]);
  } else if (argc > 3 && first <= MAX_THREADS) {
    failures = run_threads(role, first, atoi(argv[3]));
  }
  printf("failures: %d\n", failures);
  return failures == 0 ? 0 : 1;
}
