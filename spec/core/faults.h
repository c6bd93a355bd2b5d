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

/* Whose allocations they are. */
enum {
  FAULTS_CORE = 1,
  FAULTS_OPENSSL = 2,
  FAULTS_LIBCURL = 4,
  FAULTS_LUA = 8,
  FAULTS_ALL = 15
};

static struct {
  bool armed;
  bool lasting;          /* every allocation from the first failure on */
  unsigned origins;      /* whose allocations are counted and fail */
  unsigned long seen;    /* allocations since it was armed */
  unsigned long fail_at; /* counted from 1 */
  unsigned long fired;   /* how many have failed */
  const char *needle;    /* a secret that no freed block may hold */
  size_t needle_length;
  unsigned long unwiped; /* how many freed blocks held it */
  unsigned long unwiped_by[FAULTS_ALL + 1]; /* of each origin */
  size_t held;           /* bytes allocated and not freed */
  size_t peak;           /* the most of them at a time */
} faults = {.origins = FAULTS_ALL};

static bool fault_is_due(unsigned origin) {
  bool due = false;

  /* Threads allocate at the same time: none may undo another's counting. */
  if (__atomic_load_n(&faults.armed, __ATOMIC_ACQUIRE) &&
      (faults.origins & origin) != 0) {
    const unsigned long seen =
        __atomic_add_fetch(&faults.seen, 1, __ATOMIC_RELAXED);

    due = seen == faults.fail_at || (faults.lasting && seen > faults.fail_at);
    if (due) {
      (void)__atomic_add_fetch(&faults.fired, 1, __ATOMIC_RELAXED);
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
  __atomic_store_n(&faults.armed, true, __ATOMIC_RELEASE);
}

/* Ends it; whether any allocation failed. */
static inline bool faults_disarm(void) {
  __atomic_store_n(&faults.armed, false, __ATOMIC_RELEASE);
  return __atomic_load_n(&faults.fired, __ATOMIC_RELAXED) > 0;
}

/* From here on these bytes are searched for in all that is freed. */
static inline void faults_seek_bytes(const char *secret, size_t length) {
  faults.unwiped = 0;
  memset(faults.unwiped_by, 0, sizeof faults.unwiped_by);
  faults.needle_length = length;
  faults.needle = secret;
}

/* The same of a text; NULL ends it. */
static inline void faults_seek(const char *secret) {
  faults_seek_bytes(secret, secret != NULL ? strlen(secret) : 0);
}

static void search(unsigned origin, const void *data, size_t size) {
  const size_t length = faults.needle != NULL ? faults.needle_length : 0;
  const char *bytes = data;
  size_t i;

  for (i = 0; length > 0 && i + length <= size; i++) {
    if (bytes[i] == faults.needle[0] &&
        memcmp(bytes + i, faults.needle, length) == 0) {
      faults.unwiped++;
      faults.unwiped_by[origin]++;
      break;
    }
  }
}

static void *count_in(void *data) {
  if (data != NULL) {
    const size_t held = __atomic_add_fetch(
        &faults.held, malloc_usable_size(data), __ATOMIC_RELAXED);
    size_t peak = __atomic_load_n(&faults.peak, __ATOMIC_RELAXED);

    while (held > peak &&
           !__atomic_compare_exchange_n(&faults.peak, &peak, held, true,
                                        __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {
    }
  }
  return data;
}

static void count_out(void *data) {
  if (data != NULL) {
    (void)__atomic_sub_fetch(&faults.held, malloc_usable_size(data),
                             __ATOMIC_RELAXED);
  }
}

/* Counts the peak from here on: what was held before is not in it. */
static inline void faults_measure(void) {
  __atomic_store_n(&faults.held, 0, __ATOMIC_RELAXED);
  __atomic_store_n(&faults.peak, 0, __ATOMIC_RELAXED);
}

/* A new block may hold what its last owner left: that is not the next one's. */
static void *blot_out(void *data, size_t from) {
  if (data != NULL && faults.needle != NULL &&
      malloc_usable_size(data) > from) {
    memset((char *)data + from, 0xA5, malloc_usable_size(data) - from);
  }
  return data;
}

static void *faulty_malloc(unsigned origin, size_t size) {
  return fault_is_due(origin) ? NULL
                              : count_in(blot_out(__real_malloc(size), 0));
}

static void *faulty_calloc(unsigned origin, size_t count, size_t size) {
  return fault_is_due(origin) ? NULL : count_in(__real_calloc(count, size));
}

/* realloc may leave a copy behind, so the old block counts as freed. */
static void *faulty_realloc(unsigned origin, void *data, size_t size) {
  size_t old = 0;

  if (fault_is_due(origin)) {
    return NULL;
  }
  if (data != NULL) {
    old = malloc_usable_size(data);
    search(origin, data, old);
  }
  count_out(data);
  return count_in(blot_out(__real_realloc(data, size), old));
}

static void faulty_free(unsigned origin, void *data) {
  if (data != NULL) {
    search(origin, data, malloc_usable_size(data));
  }
  count_out(data);
  __real_free(data);
}

void *__wrap_malloc(size_t size) {
  return faulty_malloc(FAULTS_CORE, size);
}

void *__wrap_calloc(size_t count, size_t size) {
  return faulty_calloc(FAULTS_CORE, count, size);
}

void *__wrap_realloc(void *data, size_t size) {
  return faulty_realloc(FAULTS_CORE, data, size);
}

void __wrap_free(void *data) {
  faulty_free(FAULTS_CORE, data);
}

static inline void *openssl_malloc(size_t size, const char *file, int line) {
  (void)file;
  (void)line;
  return faulty_malloc(FAULTS_OPENSSL, size);
}

static inline void *openssl_realloc(void *data, size_t size, const char *file,
                                    int line) {
  (void)file;
  (void)line;
  return faulty_realloc(FAULTS_OPENSSL, data, size);
}

static inline void openssl_free(void *data, const char *file, int line) {
  (void)file;
  (void)line;
  faulty_free(FAULTS_OPENSSL, data);
}

/* Before OpenSSL's first allocation; false where it is too late. */
static inline bool faults_reach_openssl(void) {
  return CRYPTO_set_mem_functions(openssl_malloc, openssl_realloc,
                                  openssl_free) == 1;
}

#endif
