/*
 * Notes which lines of lua/ a program of Lua 5.4 has run: loaded by LUA_INIT
 * into each (hook.lua). A hook of C's is taken over by each coroutine that is
 * made, which one of Lua's is not. At the program's end the lines are written
 * to a file of its own in the folder that GLC_COVERAGE names.
 */
#define _POSIX_C_SOURCE 200809L

#include <lauxlib.h>
#include <lua.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MOST_FILES = 512, MOST_LINES = 2048, LONGEST_NAME = 128 };

struct file {
  char name[LONGEST_NAME]; /* from lua/ on */
  bool lines[MOST_LINES];
};

/* Of a program that has one thread, as all have that this is for. */
static struct file *files;
static size_t file_count;
static char folder[512];
static pid_t owner;

static struct file *find_file(const char *source) {
  const char *name = strstr(source, "lua/glacier/");
  size_t i = 0;

  if (name == NULL || source[0] != '@' || strstr(source, "spec/") != NULL ||
      strlen(name) >= LONGEST_NAME) {
    return NULL;
  }
  while (i < file_count && strcmp(files[i].name, name) != 0) {
    i++;
  }
  if (i == file_count && i < MOST_FILES) {
    (void)snprintf(files[i].name, LONGEST_NAME, "%s", name);
    file_count++;
  }
  return i < file_count ? &files[i] : NULL;
}

static void note_line(lua_State *L, lua_Debug *activation) {
  const int line = activation->currentline;

  if (line >= 0 && line < MOST_LINES &&
      lua_getinfo(L, "S", activation) != 0) {
    struct file *file = find_file(activation->source);

    if (file != NULL) {
      file->lines[line] = true;
    }
  }
}

/* A fork writes what it has taken over once more: that does no harm. */
static void write_lines(void) {
  char path[600];
  FILE *file;
  size_t i;
  int line;

  (void)snprintf(path, sizeof path, "%s/%ld-%ld.lines", folder, (long)owner,
                 (long)getpid());
  file = fopen(path, "a");
  for (i = 0; file != NULL && i < file_count; i++) {
    for (line = 0; line < MOST_LINES; line++) {
      if (files[i].lines[line]) {
        (void)fprintf(file, "%s:%d\n", files[i].name, line);
      }
    }
  }
  if (file != NULL) {
    (void)fclose(file);
  }
}

int luaopen_lines(lua_State *L);

int luaopen_lines(lua_State *L) {
  const char *name = getenv("GLC_COVERAGE");

  if (name != NULL && files == NULL) {
    files = calloc(MOST_FILES, sizeof *files);
    (void)snprintf(folder, sizeof folder, "%s", name);
    owner = getpid();
    if (files != NULL) {
      (void)atexit(write_lines);
    }
  }
  if (files != NULL) {
    lua_sethook(L, note_line, LUA_MASKLINE, 0);
  }
  return 0;
}
