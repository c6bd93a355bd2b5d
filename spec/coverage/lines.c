/*
 * Notes which lines of lua/ a program has run: loaded by hook.lua. A hook of
 * C's is taken over by each coroutine that is made, which one of Lua's is not.
 *
 * All programs write into one file, "lines" in the folder that GLC_COVERAGE
 * names, as memory that they share: so what a program had run before it was
 * killed counts, too. The file is an array of struct file; report.lua reads it.
 */
#define _POSIX_C_SOURCE 200809L

#include <fcntl.h>
#include <lauxlib.h>
#include <lua.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { MOST_FILES = 512, MOST_LINES = 2048, LONGEST_NAME = 127, KNOWN = 256 };
enum { FREE, CLAIMED, NAMED };

/* One that two programs claim at a time is there twice: that does no harm. */
struct file {
  unsigned char state;
  char name[LONGEST_NAME]; /* from lua/ on */
  bool lines[MOST_LINES];
};

/* Which file a source is, so that few names are searched for. */
struct known {
  char source[2 * LONGEST_NAME];
  struct file *file; /* NULL: none of ours */
};

/* Of a program that has one thread that runs Lua, as all have. */
static struct file *files;
static struct known known[KNOWN];

static struct file *find_file(const char *name) {
  size_t i;

  for (i = 0; i < MOST_FILES; i++) {
    struct file *file = &files[i];
    unsigned char state = FREE;

    if (__atomic_compare_exchange_n(&file->state, &state, CLAIMED, false,
                                    __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)) {
      (void)snprintf(file->name, LONGEST_NAME, "%s", name);
      __atomic_store_n(&file->state, NAMED, __ATOMIC_RELEASE);
      state = NAMED;
    }
    if (state == NAMED && strcmp(file->name, name) == 0) {
      return file;
    }
  }
  return NULL;
}

static struct file *file_of(const char *source) {
  struct known *place = &known[((uintptr_t)source >> 4) % KNOWN];
  const char *name;

  if (source[0] != '@' || strlen(source) >= sizeof place->source) {
    return NULL;
  }
  if (strcmp(place->source, source) != 0) {
    (void)snprintf(place->source, sizeof place->source, "%s", source);
    name = strstr(source, "lua/glacier/");
    place->file = name != NULL && strstr(source, "spec/") == NULL &&
                          strlen(name) < LONGEST_NAME
                      ? find_file(name)
                      : NULL;
  }
  return place->file;
}

static void note_line(lua_State *L, lua_Debug *activation) {
  const int line = activation->currentline;

  if (line >= 0 && line < MOST_LINES &&
      lua_getinfo(L, "S", activation) != 0) {
    struct file *file = file_of(activation->source);

    if (file != NULL) {
      file->lines[line] = true;
    }
  }
}

static void map_files(const char *folder) {
  const size_t size = MOST_FILES * sizeof *files;
  char path[600];
  int fd;

  (void)snprintf(path, sizeof path, "%s/lines", folder);
  fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (fd >= 0) {
    if (ftruncate(fd, (off_t)size) == 0) {
      files = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
      if (files == MAP_FAILED) {
        files = NULL;
      }
    }
    (void)close(fd);
  }
}

__attribute__((visibility("default"))) int luaopen_lines(lua_State *L);

/* lines(folder) */
int luaopen_lines(lua_State *L) {
  if (files == NULL) {
    map_files(luaL_checkstring(L, 1));
  }
  if (files != NULL) {
    (void)lua_sethook(L, note_line, LUA_MASKLINE, 0);
  }
  return 0;
}
