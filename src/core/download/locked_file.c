#define _POSIX_C_SOURCE 200809L /* O_CLOEXEC, O_NOFOLLOW, pwrite */
#ifndef _DEFAULT_SOURCE
#define _DEFAULT_SOURCE /* flock */
#endif

#include "locked_file.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../file.h"
#include "lock_holder.h"

/* To lock a file that others take away each time. */
enum { MOST_TRIES = 100 };

/* FIFOs, terminals and devices are opened without waiting, then refused. */
static const int careful = O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK |
                           O_NOCTTY;

static const char suffix[] = ".new";

enum glc_code locked_file_refusal(const struct locked_file *file,
                                  const char *what, const char *reason,
                                  struct glc_error *error) {
  char text[GLC_MESSAGE_SIZE]; /* the reason may stand in `error` */

  (void)snprintf(text, sizeof text, "%s", reason);
  return glc_path_refusal(error, GLC_FILE, what, glc_bytes_of(file->path),
                          text);
}

enum glc_code locked_file_failure(const struct locked_file *file,
                                  const char *what, struct glc_error *error) {
  char reason[80];

  glc_error_describe(errno, reason, sizeof reason);
  return locked_file_refusal(file, what, reason, error);
}

/* NULL for a regular file. */
static const char *say_kind(mode_t mode) {
  return S_ISREG(mode)    ? NULL
         : S_ISDIR(mode)  ? "it is a folder"
         : S_ISLNK(mode)  ? "it is a symbolic link"
         : S_ISFIFO(mode) ? "it is a pipe"
         : S_ISSOCK(mode) ? "it is a socket"
                          : "it is a device";
}

static bool is_same(const struct stat *a, const struct stat *b) {
  return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

bool locked_file_has_name(const struct locked_file *file) {
  struct stat open_one, named;

  if (fstat(file->fd, &open_one) != 0 || lstat(file->path, &named) != 0) {
    return false;
  }
  errno = ESTALE;
  return is_same(&open_one, &named);
}

static enum glc_code say_locked(const struct locked_file *file, pid_t *holder,
                                struct glc_error *error) {
  char reason[80];

  *holder = lock_holder(file->fd);
  if (*holder == getpid()) {
    (void)snprintf(reason, sizeof reason, "this process has it already");
  } else if (*holder != 0) {
    (void)snprintf(reason, sizeof reason, "process %ld has it", (long)*holder);
  } else {
    (void)snprintf(reason, sizeof reason, "another process has it");
  }
  return glc_path_refusal(error, GLC_LOCKED, "lock", glc_bytes_of(file->path),
                          reason);
}

/* Opens what is there, or a new one; only what is a regular file. */
static enum glc_code open_regular(struct locked_file *file, int flags,
                                  mode_t mode, struct glc_error *error) {
  struct stat status;
  const char *kind = NULL;

  if (lstat(file->path, &status) == 0) {
    kind = say_kind(status.st_mode);
  }
  if (kind == NULL) {
    file->fd = open(file->path, careful | O_CREAT | flags, mode);
    if (file->fd < 0 || fstat(file->fd, &status) != 0) {
      return locked_file_failure(file, "open", error);
    }
    kind = say_kind(status.st_mode);
  }
  return kind == NULL ? GLC_OK
                      : locked_file_refusal(file, "open", kind, error);
}

static bool take_lock(int fd) {
  int result;

  do {
    result = flock(fd, LOCK_EX | LOCK_NB);
  } while (result != 0 && errno == EINTR);
  return result == 0;
}

/* *lost: it was another file's name by the time that it was locked. */
static enum glc_code open_once(struct locked_file *file, int flags,
                               mode_t mode, pid_t *holder, bool *lost,
                               struct glc_error *error) {
  enum glc_code code = open_regular(file, flags, mode, error);

  *lost = false;
  if (code == GLC_OK && !take_lock(file->fd)) {
    code = errno == EWOULDBLOCK ? say_locked(file, holder, error)
                                : locked_file_failure(file, "lock", error);
  } else if (code == GLC_OK && !locked_file_has_name(file)) {
    *lost = true;
    code = locked_file_failure(file, "lock", error);
  }
  if (code != GLC_OK) {
    locked_file_close(file);
  }
  return code;
}

enum glc_code locked_file_open(struct locked_file *file,
                               struct glc_bytes path, int flags, mode_t mode,
                               pid_t *holder, struct glc_error *error) {
  enum glc_code code;
  bool lost = true;
  int i;

  file->fd = -1;
  *holder = 0;
  if (path.length + sizeof suffix > sizeof file->path ||
      !glc_path_copy(file->path, path)) {
    return glc_error_set(error, GLC_FILE, "the path cannot name a file");
  }
  code = GLC_OK;
  for (i = 0; lost && i < MOST_TRIES; i++) {
    code = open_once(file, flags, mode, holder, &lost, error);
  }
  return code;
}

void locked_file_close(struct locked_file *file) {
  if (file->fd >= 0) {
    (void)close(file->fd);
  }
  file->fd = -1;
}

/*
 * Beyond the process's own limit of a file's size (RLIMIT_FSIZE) a write not
 * only fails but sends SIGXFSZ, which ends a program that never heard of it.
 * It is kept away from this thread, and taken if it came. False: it was kept
 * away before, and is somebody else's.
 */
static bool keep_limit_away(sigset_t *signals, sigset_t *before) {
  (void)sigemptyset(signals);
  (void)sigaddset(signals, SIGXFSZ);
  return pthread_sigmask(SIG_BLOCK, signals, before) == 0 &&
         sigismember(before, SIGXFSZ) == 0;
}

static void let_limit_come(const sigset_t *signals, const sigset_t *before) {
  const int problem = errno;
  sigset_t pending;
  int number;

  if (problem == EFBIG && sigpending(&pending) == 0 &&
      sigismember(&pending, SIGXFSZ) == 1) {
    (void)sigwait(signals, &number);
  }
  (void)pthread_sigmask(SIG_SETMASK, before, NULL);
  errno = problem;
}

static bool write_all(int fd, struct glc_bytes data, off_t offset) {
  bool sound = true;

  while (sound && data.length > 0) {
    const ssize_t count = offset < 0
                              ? write(fd, data.data, data.length)
                              : pwrite(fd, data.data, data.length, offset);

    if (count > 0) {
      data.data += count;
      data.length -= (size_t)count;
      offset += offset < 0 ? 0 : count;
    } else if (count == 0) {
      errno = EIO;
      sound = false;
    } else {
      sound = errno == EINTR;
    }
  }
  return sound;
}

void locked_file_unlock(struct locked_file *file) {
  (void)flock(file->fd, LOCK_UN);
}

bool locked_file_write(int fd, struct glc_bytes data, off_t offset) {
  sigset_t signals, before;
  const bool is_kept = keep_limit_away(&signals, &before);
  const bool sound = write_all(fd, data, offset);

  if (is_kept) {
    let_limit_come(&signals, &before);
  }
  return sound;
}

enum glc_code locked_file_replace(struct locked_file *file, int flags,
                                  mode_t mode,
                                  bool (*fill)(int fd, void *context),
                                  void *context, struct glc_error *error) {
  char name[GLC_PATH_MAX + sizeof suffix];
  enum glc_code code = GLC_OK;
  int fd;

  (void)snprintf(name, sizeof name, "%s%s", file->path, suffix);
  (void)unlink(name); /* of one who was killed: we have the lock */
  fd = open(name, careful | O_CREAT | O_EXCL | flags, mode);
  if (fd < 0) {
    return locked_file_failure(file, "write beside", error);
  }
  if (!take_lock(fd) || !fill(fd, context) || fsync(fd) != 0 ||
      rename(name, file->path) != 0) {
    code = locked_file_failure(file, "replace", error);
    (void)close(fd);
    (void)unlink(name);
  } else {
    locked_file_close(file);
    file->fd = fd;
    glc_file_synchronize_folder(glc_bytes_of(file->path));
  }
  return code;
}
