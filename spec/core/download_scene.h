/*
 * One download from its journal to its name, for tests in which something
 * fails on purpose, and what must hold whatever did.
 */
#ifndef DOWNLOAD_SCENE_H
#define DOWNLOAD_SCENE_H

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check.h"
#include "clock.h"
#include "download.h"

enum { SCENE_SIZE = 5 * 1024 * 1024 / 2, SCENE_PIECE = 100 * 1000 };

static struct {
  char folder[64];
  char part[96];
  char journal[96];
  char target[96];
  char *data;
  unsigned char root[GLC_SHA256_SIZE];
} scene;

static inline bool scene_open(void) {
  struct glc_tree_hash *tree = glc_tree_hash_open(NULL);
  struct glc_bytes bytes = {NULL, SCENE_SIZE};
  size_t i;

  (void)strcpy(scene.folder, "/tmp/glacier-download-XXXXXX");
  scene.data = malloc(SCENE_SIZE);
  if (!CHECK(mkdtemp(scene.folder) != NULL && scene.data != NULL &&
             tree != NULL)) {
    return false;
  }
  (void)snprintf(scene.part, sizeof scene.part, "%s/part", scene.folder);
  (void)snprintf(scene.journal, sizeof scene.journal, "%s/journal",
                 scene.folder);
  (void)snprintf(scene.target, sizeof scene.target, "%s/target",
                 scene.folder);
  for (i = 0; i < SCENE_SIZE; i++) {
    scene.data[i] = (char)(i * 31 + (i >> 10));
  }
  bytes.data = scene.data;
  CHECK_NUMBER(glc_tree_hash_update(tree, bytes, NULL), GLC_OK);
  CHECK_NUMBER(glc_tree_hash_finish(tree, scene.root, NULL), GLC_OK);
  glc_tree_hash_close(tree);
  return true;
}

static inline void scene_clean(void) {
  char path[128];

  (void)snprintf(path, sizeof path, "%s.new", scene.journal);
  (void)unlink(path);
  (void)unlink(scene.part);
  (void)unlink(scene.journal);
  (void)unlink(scene.target);
}

static inline void scene_close(void) {
  scene_clean();
  CHECK(rmdir(scene.folder) == 0);
  free(scene.data);
}

/* How a task ends; it is closed. */
static inline enum glc_code scene_await(struct glc_task *task,
                                        struct glc_error *error) {
  const int64_t begin = glc_clock_monotonic();
  enum glc_code code;

  if (task == NULL) {
    return error->code;
  }
  while (!glc_task_done(task) && glc_clock_monotonic() - begin < 20000) {
    glc_clock_sleep(1);
  }
  CHECK(glc_task_done(task));
  code = glc_task_result(task, error);
  glc_task_close(task);
  return code;
}

static inline enum glc_code scene_write(struct glc_range *range,
                                        struct glc_error *error) {
  enum glc_code code = GLC_OK;
  size_t at = 0;

  while (code == GLC_OK && at < SCENE_SIZE) {
    const size_t left = SCENE_SIZE - at;
    const struct glc_bytes piece = {scene.data + at,
                                    left < SCENE_PIECE ? left : SCENE_PIECE};

    code = glc_range_write(range, piece, error);
    at += piece.length;
  }
  return code;
}

static inline enum glc_code scene_fill(struct glc_part_file *file,
                                       struct glc_journal *journal,
                                       struct glc_error *error) {
  const struct glc_range_options options = {NULL, journal, {"0", 1}, 0};
  struct glc_range *range =
      glc_range_open(file, 0, SCENE_SIZE, &options, error);
  unsigned char root[GLC_SHA256_SIZE];
  enum glc_code code;

  if (range == NULL) {
    return error->code;
  }
  code = scene_write(range, error);
  if (code == GLC_OK) {
    code = glc_range_tree_hash(range, root, error);
  }
  if (code == GLC_OK) {
    CHECK(memcmp(root, scene.root, sizeof root) == 0);
  }
  glc_range_close(range);
  return code;
}

static inline enum glc_code scene_rehash(struct glc_part_file *file,
                                         struct glc_error *error) {
  struct glc_hashed_range range = {0};
  const struct glc_hashed_range *found;
  struct glc_task *task;
  enum glc_code code;
  size_t count;

  range.size = SCENE_SIZE;
  task = glc_part_file_hash(file, &range, 1, error);
  if (task == NULL) {
    return error->code;
  }
  while (!glc_task_done(task)) {
    glc_clock_sleep(1);
  }
  code = glc_task_result(task, error);
  if (code == GLC_OK) {
    found = glc_task_ranges(task, &count);
    CHECK_NUMBER(count, 1);
    CHECK_NUMBER(found->hashed, SCENE_SIZE);
    CHECK(memcmp(found->root, scene.root, sizeof scene.root) == 0);
  }
  glc_task_close(task);
  return code;
}

/* Two lines are rewritten to one, and the range appends two. */
static inline enum glc_code scene_note(struct glc_journal *journal,
                                       struct glc_error *error) {
  const struct glc_bytes texts[] = {{"header", 6}};
  enum glc_code code =
      glc_journal_append(journal, glc_bytes_of("header"), true, error);

  if (code == GLC_OK) {
    code = glc_journal_append(journal, glc_bytes_of("more"), false, error);
  }
  if (code == GLC_OK) {
    code = glc_journal_rewrite(journal, texts, 1, error);
  }
  return code;
}

/* All of it; the first failure ends it. */
static inline enum glc_code scene_run(struct glc_error *error) {
  struct glc_part_file *file = NULL;
  struct glc_journal *journal;
  enum glc_code code;
  pid_t holder;

  error->code = GLC_OK;
  error->message[0] = '\0';
  journal = glc_journal_open(glc_bytes_of(scene.journal), &holder, error);
  if (journal != NULL) {
    file = glc_part_file_open(glc_bytes_of(scene.part), &holder, error);
  }
  code = file == NULL ? error->code : scene_note(journal, error);
  if (code == GLC_OK) {
    code = scene_await(glc_part_file_allocate(file, SCENE_SIZE, true, error),
                       error);
  }
  if (code == GLC_OK) {
    code = scene_fill(file, journal, error);
  }
  if (code == GLC_OK) {
    code = scene_rehash(file, error);
  }
  if (code == GLC_OK) {
    code = scene_await(glc_part_file_publish(
                           file, glc_bytes_of(scene.target), false, error),
                       error);
  }
  glc_part_file_close(file);
  glc_journal_close(journal);
  return code;
}

static inline bool scene_is_whole(const char *path) {
  FILE *file = fopen(path, "rb");
  char *found = malloc(SCENE_SIZE + 1);
  bool is_whole = file != NULL && found != NULL &&
                  fread(found, 1, SCENE_SIZE + 1, file) == SCENE_SIZE &&
                  memcmp(found, scene.data, SCENE_SIZE) == 0;

  if (file != NULL) {
    fclose(file);
  }
  free(found);
  return is_whole;
}

/* The journal has lines from the beginning of what was to be, or none. */
static inline void scene_check_journal(bool is_done) {
  static const char *const expected[] = {"header", "more"};
  struct glc_error error;
  struct glc_bytes text;
  bool found = true;
  int64_t cursor = 0, cut = 0;
  pid_t holder;
  int count = 0, noted = 0;
  struct glc_journal *journal =
      glc_journal_open(glc_bytes_of(scene.journal), &holder, &error);

  if (!CHECK(journal != NULL)) {
    return;
  }
  while (found) {
    if (!CHECK_NUMBER(glc_journal_next(journal, &cursor, &text, &found, &cut,
                                       &error),
                      GLC_OK)) {
      break;
    }
    if (found && text.length > 2 && text.data[0] == '0') {
      noted++;
    } else if (found) {
      CHECK(count < 2 && noted == 0);
      CHECK_BYTES(text, expected[count++]);
    }
  }
  CHECK(count < 2 || noted == 0);
  CHECK(noted <= 2 && (!is_done || noted == 2));
  glc_journal_close(journal);
}

/* After a run that ended so: no wrong file has the name. */
static inline void scene_check(enum glc_code code) {
  struct stat status;
  const bool exists = stat(scene.target, &status) == 0;

  CHECK(!exists || scene_is_whole(scene.target));
  CHECK(code != GLC_OK || exists);
  scene_check_journal(code == GLC_OK);
}

#endif
