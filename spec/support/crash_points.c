/*
 * Ends a program by SIGKILL at a point of its own, to be preloaded. A point is
 * a call that changes a file, or that sends, or that receives an answer's
 * beginning: one before it and one after.
 *
 *   CRASH_AT=N   the N-th point ends the program; counted from 1
 *   CRASH_LOG=F  F gets a line for each point: its number, what, when
 */
#define _GNU_SOURCE

#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static unsigned long count, crash_at;
static FILE *report;
static int is_waiting; /* something was sent since the last answer began */

__attribute__((constructor)) static void begin(void) {
  const char *at = getenv("CRASH_AT");
  const char *path = getenv("CRASH_LOG");

  crash_at = at != NULL ? strtoul(at, NULL, 10) : 0;
  report = path != NULL ? fopen(path, "a") : NULL;
}

static void point(const char *what, const char *when) {
  pthread_mutex_lock(&mutex);
  count++;
  if (report != NULL) {
    fprintf(report, "%lu %s %s\n", count, when, what);
    fflush(report);
  }
  if (count == crash_at) {
    (void)raise(SIGKILL);
  }
  pthread_mutex_unlock(&mutex);
}

/* The next function of that name, as ISO C lets a pointer be told. */
static void find(const char *name, void *function) {
  void *symbol = dlsym(RTLD_NEXT, name);

  memcpy(function, &symbol, sizeof symbol);
}

static int is_file(int fd) {
  struct stat status;

  return fstat(fd, &status) == 0 && S_ISREG(status.st_mode);
}

/* NOLINTBEGIN(bugprone-macro-parentheses): a declaration takes none. */
#define AROUND(result_type, name, parameters, arguments, condition) \
  result_type name parameters {                                     \
    result_type(*next) parameters;                                  \
    result_type result;                                             \
    const int counts = (condition);                                 \
                                                                    \
    find(#name, &next);                                             \
    if (counts) {                                                   \
      point(#name, "before");                                       \
    }                                                               \
    result = next arguments;                                        \
    if (counts) {                                                   \
      point(#name, "after");                                        \
    }                                                               \
    return result;                                                  \
  }
/* NOLINTEND(bugprone-macro-parentheses) */

AROUND(ssize_t, write, (int fd, const void *data, size_t length),
       (fd, data, length), is_file(fd))
AROUND(ssize_t, pwrite, (int fd, const void *data, size_t length, off_t at),
       (fd, data, length, at), is_file(fd))
AROUND(ssize_t, pwrite64,
       (int fd, const void *data, size_t length, off64_t at),
       (fd, data, length, at), is_file(fd))
AROUND(int, fsync, (int fd), (fd), 1)
AROUND(int, ftruncate, (int fd, off_t length), (fd, length), is_file(fd))
AROUND(int, ftruncate64, (int fd, off64_t length), (fd, length), is_file(fd))
AROUND(int, fallocate, (int fd, int mode, off_t first, off_t length),
       (fd, mode, first, length), 1)
AROUND(int, fallocate64, (int fd, int mode, off64_t first, off64_t length),
       (fd, mode, first, length), 1)
AROUND(int, rename, (const char *from, const char *to), (from, to), 1)
AROUND(int, link, (const char *from, const char *to), (from, to), 1)
AROUND(int, unlink, (const char *path), (path), 1)
AROUND(int, remove, (const char *path), (path), 1)

static ssize_t (*next_send)(int, const void *, size_t, int);
static ssize_t (*next_recv)(int, void *, size_t, int);

ssize_t send(int fd, const void *data, size_t length, int flags) {
  ssize_t result;

  find("send", &next_send);
  point("send", "before");
  result = next_send(fd, data, length, flags);
  __atomic_store_n(&is_waiting, 1, __ATOMIC_SEQ_CST);
  point("send", "after");
  return result;
}

ssize_t recv(int fd, void *data, size_t length, int flags) {
  ssize_t result;

  find("recv", &next_recv);
  result = next_recv(fd, data, length, flags);
  if (result > 0 && __atomic_exchange_n(&is_waiting, 0, __ATOMIC_SEQ_CST)) {
    point("recv", "after");
  }
  return result;
}
