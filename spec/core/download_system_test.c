/*
 * A download in which call n of the system fails, for every n and in several
 * ways; and what a fork may and may not do.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* fallocate */
#endif

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/wait.h>

#include "download_scene.h"
#include "faults.h"
#include "under_valgrind.h"

enum way {
  FAILS,       /* with `number` */
  FAILS_ON,    /* and so do all that follow */
  INTERRUPTED, /* EINTR, once */
  SHORT        /* a write takes half of it */
};

static struct {
  pthread_mutex_t lock;
  bool armed;
  enum way way;
  int number;
  unsigned long seen;
  unsigned long at;
  unsigned long fired;
} trouble = {PTHREAD_MUTEX_INITIALIZER, false, FAILS, 0, 0, 0, 0};

static bool trouble_is_due(void) {
  bool due = false;

  (void)pthread_mutex_lock(&trouble.lock);
  if (trouble.armed) {
    trouble.seen++;
    due = trouble.seen == trouble.at ||
          (trouble.way == FAILS_ON && trouble.seen > trouble.at);
    trouble.fired += due;
  }
  (void)pthread_mutex_unlock(&trouble.lock);
  if (due) {
    errno = trouble.way == INTERRUPTED ? EINTR : trouble.number;
  }
  return due;
}

static void trouble_arm(enum way way, int number, unsigned long at) {
  trouble.way = way;
  trouble.number = number;
  trouble.at = at;
  trouble.seen = 0;
  trouble.fired = 0;
  trouble.armed = true;
}

/* NOLINTBEGIN(bugprone-reserved-identifier): the linker makes these names. */
ssize_t __real_write(int fd, const void *data, size_t size);
ssize_t __wrap_write(int fd, const void *data, size_t size);
ssize_t __real_pwrite(int fd, const void *data, size_t size, off_t at);
ssize_t __wrap_pwrite(int fd, const void *data, size_t size, off_t at);
int __real_fsync(int fd);
int __wrap_fsync(int fd);
int __real_rename(const char *from, const char *to);
int __wrap_rename(const char *from, const char *to);
int __real_ftruncate(int fd, off_t size);
int __wrap_ftruncate(int fd, off_t size);
int __real_fallocate(int fd, int mode, off_t at, off_t size);
int __wrap_fallocate(int fd, int mode, off_t at, off_t size);
int __real_flock(int fd, int operation);
int __wrap_flock(int fd, int operation);
int __real_link(const char *from, const char *to);
int __wrap_link(const char *from, const char *to);
int __real_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
                          void *(*run)(void *), void *argument);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
                          void *(*run)(void *), void *argument);
/* NOLINTEND(bugprone-reserved-identifier) */

ssize_t __wrap_write(int fd, const void *data, size_t size) {
  if (trouble_is_due()) {
    return trouble.way == SHORT && size > 1 ? __real_write(fd, data, size / 2)
                                            : -1;
  }
  return __real_write(fd, data, size);
}

ssize_t __wrap_pwrite(int fd, const void *data, size_t size, off_t at) {
  if (trouble_is_due()) {
    return trouble.way == SHORT && size > 1
               ? __real_pwrite(fd, data, size / 2, at)
               : -1;
  }
  return __real_pwrite(fd, data, size, at);
}

/* A short write is of writes alone. */
static bool other_is_due(void) {
  return trouble.way != SHORT && trouble_is_due();
}

int __wrap_fsync(int fd) {
  return other_is_due() ? -1 : __real_fsync(fd);
}

int __wrap_rename(const char *from, const char *to) {
  return other_is_due() ? -1 : __real_rename(from, to);
}

int __wrap_ftruncate(int fd, off_t size) {
  return other_is_due() ? -1 : __real_ftruncate(fd, size);
}

int __wrap_fallocate(int fd, int mode, off_t at, off_t size) {
  return other_is_due() ? -1 : __real_fallocate(fd, mode, at, size);
}

int __wrap_flock(int fd, int operation) {
  return other_is_due() ? -1 : __real_flock(fd, operation);
}

int __wrap_link(const char *from, const char *to) {
  return other_is_due() ? -1 : __real_link(from, to);
}

int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
                          void *(*run)(void *), void *argument) {
  return other_is_due() ? EAGAIN
                        : __real_pthread_create(thread, attributes, run,
                                                argument);
}

static void test_calls(enum way way, int number) {
  unsigned long n = 0, failures = 0;
  bool fired = true;

  while (fired) {
    struct glc_error error;
    enum glc_code code;

    trouble_arm(way, number, ++n);
    code = scene_run(&error);
    trouble.armed = false;
    fired = trouble.fired > 0;
    failures += code != GLC_OK;
    if (!CHECK(fired || code == GLC_OK) ||
        !CHECK(code == GLC_OK || code == GLC_FILE || code == GLC_INVALID ||
               code == GLC_FILE_EXISTS || code == GLC_LOCKED)) {
      printf("  call %lu: %s\n", n, error.message);
    }
    CHECK(code == GLC_OK || error.message[0] != '\0');
    CHECK(way != SHORT || code == GLC_OK);
    CHECK(number != ENOSPC || code == GLC_OK || code != GLC_FILE ||
          strstr(error.message, "No space left") != NULL ||
          strstr(error.message, "thread") != NULL);
    scene_check(code);
    scene_clean();
  }
  printf("download_system: way %d, %lu calls, %lu failures\n", (int)way,
         n - 1, failures);
  CHECK(n > 10);
}

/* A child's copies are closed, and are of no use; the parent's locks stay. */
static void test_fork(void) {
  const struct glc_range_options options = {NULL, NULL, {"", 0}, 0};
  pid_t holder, child;
  int status = -1;
  struct glc_journal *journal =
      glc_journal_open(glc_bytes_of(scene.journal), &holder, NULL);
  struct glc_part_file *file =
      glc_part_file_open(glc_bytes_of(scene.part), &holder, NULL);
  struct glc_range *range = NULL;

  if (CHECK(journal != NULL && file != NULL)) {
    range = glc_range_open(file, 0, 1000, &options, NULL);
    CHECK_NUMBER(glc_range_write(range, glc_bytes_of("abc"), NULL), GLC_OK);
    child = fork();
    if (child == 0) {
      struct glc_error error;
      bool sound =
          glc_journal_append(journal, glc_bytes_of("x"), false, &error) ==
              GLC_FILE &&
          glc_range_write(range, glc_bytes_of("x"), &error) == GLC_FILE;

      glc_range_close(range);
      glc_part_file_close(file);
      glc_journal_close(journal);
      leave_to_parent();
      _exit(sound ? 0 : 1);
    }
    CHECK(waitpid(child, &status, 0) == child && status == 0);
    CHECK(glc_part_file_open(glc_bytes_of(scene.part), &holder, NULL) == NULL);
    CHECK_NUMBER(holder, getpid());
    CHECK(glc_journal_open(glc_bytes_of(scene.journal), &holder, NULL) ==
          NULL);
    CHECK_NUMBER(holder, getpid());
    CHECK_NUMBER(glc_journal_append(journal, glc_bytes_of("y"), true, NULL),
                 GLC_OK);
    CHECK_NUMBER(glc_range_write(range, glc_bytes_of("def"), NULL), GLC_OK);
    glc_range_close(range);
  }
  glc_part_file_close(file);
  glc_journal_close(journal);
  file = glc_part_file_open(glc_bytes_of(scene.part), &holder, NULL);
  CHECK(file != NULL);
  glc_part_file_close(file);
  scene_clean();
}

/* What could not be taken back is known to be there when the next fails. */
static void test_torn_line(void) {
  static const char *const expected[] = {"one", "two", "three"};
  pid_t holder;
  struct glc_journal *journal =
      glc_journal_open(glc_bytes_of(scene.journal), &holder, NULL);
  struct glc_bytes text;
  int64_t cursor = 0, cut;
  bool found = true;
  size_t i;

  if (!CHECK(journal != NULL)) {
    return;
  }
  CHECK_NUMBER(glc_journal_append(journal, glc_bytes_of("one"), true, NULL),
               GLC_OK);
  trouble_arm(FAILS_ON, EIO, 2); /* fsync, and ftruncate after it */
  CHECK_NUMBER(glc_journal_append(journal, glc_bytes_of("two"), true, NULL),
               GLC_FILE);
  trouble.armed = false;
  CHECK_NUMBER(glc_journal_append(journal, glc_bytes_of("three"), true, NULL),
               GLC_OK);
  trouble_arm(FAILS, EIO, 1);
  CHECK_NUMBER(glc_journal_append(journal, glc_bytes_of("four"), true, NULL),
               GLC_FILE);
  trouble.armed = false;
  for (i = 0; i < 3; i++) {
    CHECK_NUMBER(
        glc_journal_next(journal, &cursor, &text, &found, &cut, NULL), GLC_OK);
    if (CHECK(found)) {
      CHECK_BYTES(text, expected[i]);
    }
  }
  CHECK_NUMBER(glc_journal_next(journal, &cursor, &text, &found, &cut, NULL),
               GLC_OK);
  CHECK(!found && cut == 0);
  glc_journal_close(journal);
  scene_clean();
}

/* Whoever opens while the journal is rewritten gets it at no moment. */
static void *rewrite_often(void *argument) {
  const struct glc_bytes texts[] = {{"a", 1}, {"b", 1}};
  int i;

  for (i = 0; i < 200; i++) {
    CHECK(glc_journal_rewrite(argument, texts, 2, NULL) == GLC_OK);
  }
  return NULL;
}

static void test_no_gap(void) {
  pid_t holder, child;
  int status = -1;
  struct glc_journal *journal =
      glc_journal_open(glc_bytes_of(scene.journal), &holder, NULL);

  if (!CHECK(journal != NULL)) {
    return;
  }
  child = fork();
  if (child == 0) {
    const int64_t begin = glc_clock_monotonic();
    bool got = false;

    glc_journal_close(journal);
    while (!got && glc_clock_monotonic() - begin < 1500) {
      got = glc_journal_open(glc_bytes_of(scene.journal), &holder, NULL) !=
            NULL;
    }
    leave_to_parent();
    _exit(got ? 1 : 0);
  }
  (void)rewrite_often(journal);
  CHECK(waitpid(child, &status, 0) == child && status == 0);
  glc_journal_close(journal);
  scene_clean();
}

int main(void) {
  if (scene_open()) {
    test_calls(FAILS, EIO);
    test_calls(FAILS, ENOSPC);
    test_calls(FAILS_ON, ENOSPC);
    test_calls(INTERRUPTED, 0);
    test_calls(SHORT, 0);
    test_torn_line();
    test_fork();
    test_no_gap();
    scene_close();
  }
  return check_report("download_system");
}
