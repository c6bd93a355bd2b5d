/* Checks that count, and one line at the end. For the main thread only. */
#ifndef CHECK_H
#define CHECK_H

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "buffer.h"

static int checks_passed;
static int checks_failed;

static inline bool check_that(bool holds, const char *file, int line,
                              const char *text) {
  if (holds) {
    checks_passed++;
  } else {
    checks_failed++;
    printf("%s:%d: %s\n", file, line, text);
  }
  return holds;
}

static inline bool check_number(long long actual, long long expected,
                                const char *file, int line, const char *text) {
  bool same = check_that(actual == expected, file, line, text);

  if (!same) {
    printf("  is %lld, not %lld\n", actual, expected);
  }
  return same;
}

static inline bool check_bytes(struct glc_bytes actual, const char *expected,
                               const char *file, int line, const char *text) {
  bool same = check_that(glc_bytes_equal(actual, glc_bytes_of(expected)), file,
                         line, text);

  if (!same) {
    printf("  is  \"%.*s\"\n  not \"%s\"\n", (int)actual.length, actual.data,
           expected);
  }
  return same;
}

/* The last line of every program, and its exit status. */
static inline int check_report(const char *name) {
  printf("%s: %d passed, %d failed\n", name, checks_passed, checks_failed);
  return checks_failed > 0;
}

#define CHECK(condition) check_that((condition), __FILE__, __LINE__, #condition)
#define CHECK_NUMBER(actual, expected)                                         \
  check_number((long long)(actual), (long long)(expected), __FILE__, __LINE__, \
               #actual " == " #expected)
#define CHECK_BYTES(actual, expected) \
  check_bytes((actual), (expected), __FILE__, __LINE__, #actual)

#endif
