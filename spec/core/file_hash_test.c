#define _POSIX_C_SOURCE 200809L /* mkstemp, ftruncate, fork */

#include "file_hash.h"

#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "check.h"
#include "faults.h"
#include "under_valgrind.h"

enum { MIB = 1024 * 1024, FILE_SIZE = 9 * MIB + 5 };

static unsigned char *content;
static int file;

static void make_file(void) {
  char name[] = "/tmp/glc_file_hash.XXXXXX";
  unsigned seed = 1;
  size_t i;

  content = malloc(FILE_SIZE);
  file = mkstemp(name);
  if (!CHECK(content != NULL) || !CHECK(file >= 0)) {
    exit(1);
  }
  (void)unlink(name);
  for (i = 0; i < FILE_SIZE; i++) {
    seed = seed * 1103515245u + 12345u;
    content[i] = (unsigned char)(seed >> 16);
  }
  CHECK_NUMBER(write(file, content, FILE_SIZE), FILE_SIZE);
}

/* By one thread, from memory. */
static void expect(const struct glc_file_range *range, uint64_t size) {
  struct glc_tree_hash *tree = glc_tree_hash_open(NULL);
  struct glc_bytes data = {(char *)content + range->first, (size_t)size};
  unsigned char root[GLC_SHA256_SIZE];

  CHECK_NUMBER(range->hashed, size);
  if (CHECK(tree != NULL)) {
    CHECK_NUMBER(glc_tree_hash_update(tree, data, NULL), GLC_OK);
    CHECK_NUMBER(glc_tree_hash_finish(tree, root, NULL), GLC_OK);
    CHECK(memcmp(root, range->root, sizeof root) == 0);
  }
  glc_tree_hash_close(tree);
}

static enum glc_code hash_ranges(struct glc_file_range *ranges, size_t count,
                                 unsigned threads) {
  struct glc_error error;
  struct glc_file_hash *hash =
      glc_file_hash_start(file, ranges, count, threads, &error);
  enum glc_code code = error.code;

  if (CHECK(hash != NULL)) {
    code = glc_file_hash_wait(hash, &error);
    CHECK(glc_file_hash_done(hash));
    CHECK_NUMBER(glc_file_hash_wait(hash, &error), code);
  }
  glc_file_hash_close(hash);
  return code;
}

static void test_ranges(void) {
  static const struct {
    uint64_t first, size, hashed;
  } cases[] = {
      {0, FILE_SIZE, FILE_SIZE},
      {0, GLC_TO_END, FILE_SIZE},
      {0, 0, 0},
      {7, 0, 0},
      {0, 1, 1},
      {0, MIB - 1, MIB - 1},
      {0, MIB, MIB},
      {0, MIB + 1, MIB + 1},
      {MIB, 4 * MIB, 4 * MIB},
      {3, 5 * MIB, 5 * MIB},
      {8 * MIB, 2 * MIB, MIB + 5},
      {5 * MIB, 300u * MIB, 4 * MIB + 5},
      {5 * MIB + 5, GLC_TO_END, 4 * MIB},
      {FILE_SIZE, GLC_TO_END, 0},
      {FILE_SIZE - 1, 1, 1},
  };
  enum { COUNT = sizeof cases / sizeof *cases };
  struct glc_file_range ranges[COUNT];
  unsigned threads;
  size_t i;

  for (threads = 0; threads <= 7; threads++) {
    memset(ranges, 0xff, sizeof ranges);
    for (i = 0; i < COUNT; i++) {
      ranges[i].first = cases[i].first;
      ranges[i].size = cases[i].size;
      ranges[i].state = NULL;
    }
    CHECK_NUMBER(hash_ranges(ranges, COUNT, threads), GLC_OK);
    for (i = 0; i < COUNT; i++) {
      expect(&ranges[i], cases[i].hashed);
    }
  }
  CHECK_NUMBER(hash_ranges(ranges, 0, 0), GLC_OK);
}

/* Behind what no offset leads to there is nothing. */
static void test_far_ranges(void) {
  struct glc_file_range ranges[] = {
      {(uint64_t)INT64_MAX - MIB, 3 * MIB, NULL, 9, {0}},
      {(uint64_t)INT64_MAX, GLC_TO_END, NULL, 9, {0}},
      {UINT64_MAX - 10, GLC_TO_END, NULL, 9, {0}},
      {0, 3, NULL, 9, {0}}};

  CHECK_NUMBER(hash_ranges(ranges, 4, 3), GLC_OK);
  CHECK_NUMBER(ranges[0].hashed, 0);
  CHECK_NUMBER(ranges[1].hashed, 0);
  CHECK_NUMBER(ranges[2].hashed, 0);
  expect(&ranges[3], 3);
}

/* Whoever goes on behind the state comes to the hash of the whole. */
static void test_state(void) {
  static const uint64_t sizes[] = {0,       1,           MIB,     MIB + 1,
                                   3 * MIB, 3 * MIB + 7, 8 * MIB, FILE_SIZE};
  struct glc_tree_state state;
  size_t i;

  for (i = 0; i < sizeof sizes / sizeof *sizes; i++) {
    struct glc_file_range range = {0, sizes[i], &state, 0, {0}};
    struct glc_tree_hash *tree = glc_tree_hash_open(NULL);
    struct glc_bytes rest;
    size_t known;

    CHECK_NUMBER(hash_ranges(&range, 1, 2), GLC_OK);
    expect(&range, sizes[i]);
    CHECK_NUMBER(state.leaves, sizes[i] / MIB);
    known = (size_t)state.leaves * MIB;
    rest.data = (char *)content + known;
    rest.length = FILE_SIZE - known;
    if (CHECK(tree != NULL)) {
      struct glc_bytes some = {"some", 4};

      CHECK_NUMBER(glc_tree_hash_update(tree, some, NULL), GLC_OK);
      CHECK_NUMBER(glc_tree_hash_append(tree, range.root, NULL), GLC_INVALID);
      CHECK_NUMBER(glc_tree_hash_restore(tree, &state, NULL), GLC_OK);
      CHECK_NUMBER(glc_tree_hash_update(tree, rest, NULL), GLC_OK);
      CHECK_NUMBER(glc_tree_hash_finish(tree, range.root, NULL), GLC_OK);
      range.hashed = FILE_SIZE;
      expect(&range, FILE_SIZE);
    }
    glc_tree_hash_close(tree);
  }
}

static void test_bad_state(void) {
  static struct glc_tree_state state = {(uint64_t)1 << GLC_TREE_DEPTH, {{0}}};
  struct glc_tree_hash *tree = glc_tree_hash_open(NULL);

  CHECK_NUMBER(glc_tree_hash_restore(tree, &state, NULL), GLC_TOO_LARGE);
  glc_tree_hash_close(tree);
}

static void test_unreadable(void) {
  struct glc_file_range ranges[] = {{0, 4 * MIB, NULL, 0, {0}},
                                    {0, GLC_TO_END, NULL, 0, {0}}};
  struct glc_error error;
  int closed = dup(file);
  struct glc_file_hash *hash;

  (void)close(closed);
  hash = glc_file_hash_start(closed, ranges, 2, 4, &error);
  if (CHECK(hash != NULL)) {
    CHECK_NUMBER(glc_file_hash_wait(hash, &error), GLC_INVALID);
    CHECK(strstr(error.message, "Bad file descriptor") != NULL);
  }
  glc_file_hash_close(hash);
}

/* Closed at once, amid its work, and where there is more than a minute's. */
static void test_close(void) {
  struct glc_file_range ranges[64];
  char name[] = "/tmp/glc_file_hash.XXXXXX";
  int large = mkstemp(name);
  unsigned i;

  (void)unlink(name);
  CHECK(ftruncate(large, (off_t)1 << 40) == 0);
  for (i = 0; i < 64; i++) {
    memset(&ranges[i], 0, sizeof ranges[i]);
    ranges[i].size = GLC_TO_END;
  }
  for (i = 0; i < 20; i++) {
    struct glc_file_hash *hash =
        glc_file_hash_start(large, ranges, 64, i % 5, NULL);

    if (CHECK(hash != NULL)) {
      CHECK(!glc_file_hash_done(hash));
      if (i % 2 == 0) {
        const struct timespec pause = {0, 1000000L * (long)i};

        (void)nanosleep(&pause, NULL);
      }
      CHECK(!glc_file_hash_done(hash));
    }
    glc_file_hash_close(hash);
  }
  (void)close(large);
  glc_file_hash_close(NULL);
}

/* There the threads are not. */
static void test_child(void) {
  struct glc_file_range range = {0, GLC_TO_END, NULL, 0, {0}};
  struct glc_error error;
  struct glc_file_hash *hash = glc_file_hash_start(file, &range, 1, 4, &error);
  int status = 1;
  pid_t child;

  if (CHECK(hash != NULL)) {
    child = fork();
    if (child == 0) {
      bool right = glc_file_hash_done(hash) &&
                   glc_file_hash_wait(hash, &error) == GLC_INVALID;

      glc_file_hash_close(hash);
      leave_to_parent();
      _exit(right ? 0 : 1);
    }
    CHECK(waitpid(child, &status, 0) == child);
    CHECK_NUMBER(status, 0);
    CHECK_NUMBER(glc_file_hash_wait(hash, &error), GLC_OK);
    expect(&range, FILE_SIZE);
  }
  glc_file_hash_close(hash);
}

/* An allocation that fails is an error, whichever it is. */
static void test_no_memory(void) {
  unsigned long n;
  bool failed = true;

  for (n = 1; failed && n < 1000; n++) {
    struct glc_file_range range = {0, GLC_TO_END, NULL, 0, {0}};
    struct glc_error error;
    struct glc_file_hash *hash;
    enum glc_code code;

    error.code = GLC_OK;
    faults_arm(n, true);
    hash = glc_file_hash_start(file, &range, 1, 1, &error);
    code = hash != NULL ? glc_file_hash_wait(hash, &error) : error.code;
    failed = faults_disarm();
    glc_file_hash_close(hash);
    CHECK(failed ? code == GLC_NO_MEMORY || code == GLC_CRYPTO
                 : code == GLC_OK);
    if (!failed) {
      expect(&range, FILE_SIZE);
    }
  }
  CHECK(n > 4 && n < 1000);
}

int main(void) {
  make_file();
  test_ranges();
  test_far_ranges();
  test_state();
  test_bad_state();
  test_unreadable();
  test_close();
  test_child();
  test_no_memory();
  (void)close(file);
  free(content);
  return check_report("file_hash");
}
