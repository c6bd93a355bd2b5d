/*
 * Allocation faults on purpose: the linker leads the core's malloc, calloc,
 * realloc and free here (--wrap), and faults_reach_openssl OpenSSL's too.
 * Included once a program; every program under test must include it.
 */
#ifndef FAULTS_H
#define FAULTS_H

#include <malloc.h>
#include <openssl/crypto.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* NOLINTBEGIN(bugprone-reserved-identifier): the linker makes these names. */
void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *data, size_t size);
void __real_free(void *data);

void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *data, size_t size);
void __wrap_free(void *data);
/* NOLINTEND(bugprone-reserved-identifier) */

static struct {
  bool armed;
  bool lasting;          /* every allocation from the first failure on */
  unsigned long seen;    /* allocations since it was armed */
  unsigned long fail_at; /* counted from 1 */
  unsigned long fired;   /* how many have failed */
  const char *needle;    /* a secret that no freed block may hold */
  unsigned long unwiped; /* how many freed blocks held it */
  size_t held;           /* bytes allocated and not freed */
  size_t peak;           /* the most of them at a time */
} faults;

static bool fault_is_due(void) {
  bool due = false;

  if (faults.armed) {
    /* Threads allocate at the same time: none may undo another's counting. */
    const unsigned long seen = __sync_add_and_fetch(&faults.seen, 1);

    due = seen == faults.fail_at || (faults.lasting && seen > faults.fail_at);
    if (due) {
      (void)__sync_add_and_fetch(&faults.fired, 1);
    }
  }
  return due;
}

/* Lets allocation `fail_at` from here on fail; all later ones, if `lasting`. */
static inline void faults_arm(unsigned long fail_at, bool lasting) {
  faults.seen = 0;
  faults.fired = 0;
  faults.fail_at = fail_at;
  faults.lasting = lasting;
  faults.armed = true;
}

/* Ends it; whether any allocation failed. */
static inline bool faults_disarm(void) {
  faults.armed = false;
  return faults.fired > 0;
}

/* From here on `secret` is searched for in all that is freed. */
static inline void faults_seek(const char *secret) {
  faults.unwiped = 0;
  faults.needle = secret;
}

static void search(const void *data, size_t size) {
  const size_t length = faults.needle != NULL ? strlen(faults.needle) : 0;
  const char *bytes = data;
  size_t i;

  for (i = 0; length > 0 && i + length <= size; i++) {
    if (memcmp(bytes + i, faults.needle, length) == 0) {
      faults.unwiped++;
      break;
    }
  }
}

/* From several threads it may be a little off. */
static void *count_in(void *data) {
  if (data != NULL) {
    faults.held += malloc_usable_size(data);
    faults.peak = faults.held > faults.peak ? faults.held : faults.peak;
  }
  return data;
}

static void count_out(void *data) {
  if (data != NULL) {
    faults.held -= malloc_usable_size(data);
  }
}

/* Counts the peak from here on: what was held before is not in it. */
static inline void faults_measure(void) {
  faults.held = 0;
  faults.peak = 0;
}

void *__wrap_malloc(size_t size) {
  return fault_is_due() ? NULL : count_in(__real_malloc(size));
}

void *__wrap_calloc(size_t count, size_t size) {
  return fault_is_due() ? NULL : count_in(__real_calloc(count, size));
}

/* realloc may leave a copy behind, so the old block counts as freed. */
void *__wrap_realloc(void *data, size_t size) {
  if (fault_is_due()) {
    return NULL;
  }
  if (data != NULL) {
    search(data, malloc_usable_size(data));
  }
  count_out(data);
  return count_in(__real_realloc(data, size));
}

void __wrap_free(void *data) {
  if (data != NULL) {
    search(data, malloc_usable_size(data));
  }
  count_out(data);
  __real_free(data);
}

static inline void *openssl_malloc(size_t size, const char *file, int line) {
  (void)file;
  (void)line;
  return __wrap_malloc(size);
}

static inline void *openssl_realloc(void *data, size_t size, const char *file,
                                    int line) {
  (void)file;
  (void)line;
  return __wrap_realloc(data, size);
}

static inline void openssl_free(void *data, const char *file, int line) {
  (void)file;
  (void)line;
  __wrap_free(data);
}

/* Before OpenSSL's first allocation; false where it is too late. */
static inline bool faults_reach_openssl(void) {
  return CRYPTO_set_mem_functions(openssl_malloc, openssl_realloc,
                                  openssl_free) == 1;
}

#endif
