/* What is done to the whole part file, each in a thread. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* fallocate */
#endif

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "../file.h"
#include "task.h"

enum { BLOCK = 512 /* the unit of st_blocks */ };

struct allocation {
  uint64_t size;
  bool reserve;
};

/*
 * Whether there is room for what the file has not got yet. Asked first: an
 * allocation that ends amid a full disk has filled it up for all others.
 */
static bool has_space(int fd, uint64_t size, uint64_t *needed,
                      uint64_t *free_bytes) {
  struct stat status;
  struct statvfs found;
  uint64_t has;

  if (fstat(fd, &status) != 0 || fstatvfs(fd, &found) != 0) {
    return true; /* then the allocation tells */
  }
  has = (uint64_t)status.st_blocks * BLOCK;
  *needed = size > has ? size - has : 0;
  *free_bytes = (uint64_t)found.f_bavail * (uint64_t)found.f_frsize;
  return *needed <= *free_bytes;
}

static enum glc_code say_unfit(const struct locked_file *file, uint64_t size,
                               struct glc_error *error) {
  struct glc_error reason;

  glc_error_set(&reason, GLC_FILE,
                "the file system cannot hold a file of %llu bytes",
                (unsigned long long)size);
  return locked_file_refusal(file, "make room in", reason.message, error);
}

static enum glc_code say_full(const struct locked_file *file, uint64_t needed,
                              uint64_t free_bytes, struct glc_error *error) {
  struct glc_error reason;

  glc_error_set(&reason, GLC_FILE,
                "no space left on the disk: %llu bytes are needed, %llu are "
                "free",
                (unsigned long long)needed, (unsigned long long)free_bytes);
  return locked_file_refusal(file, "make room in", reason.message, error);
}

/* False with errno set, unless the system knows no such thing. */
static bool reserve_blocks(int fd, uint64_t size) {
#if defined(__linux__)
  int result;

  do {
    result = fallocate(fd, 0, 0, (off_t)size);
  } while (result != 0 && errno == EINTR);
  return result == 0 || errno == EOPNOTSUPP || errno == ENOSYS ||
         errno == EINVAL;
#else
  (void)fd;
  (void)size;
  return true;
#endif
}

static enum glc_code say_refused(const struct locked_file *file,
                                 const struct allocation *wanted,
                                 struct glc_error *error) {
  return errno == EFBIG ? say_unfit(file, wanted->size, error)
                        : locked_file_failure(file, "make room in", error);
}

/* On failure the file is as long as before, and what was reserved is free. */
static enum glc_code allocate(struct glc_task *task, int fd, void *context,
                              struct glc_error *error) {
  const struct allocation *wanted = context;
  const struct locked_file *file = task_file(task);
  uint64_t needed = 0, free_bytes = 0;
  struct stat before;
  enum glc_code code = GLC_OK;

  if (fstat(fd, &before) != 0) {
    return locked_file_failure(file, "look at", error);
  }
  if (wanted->size > (uint64_t)INT64_MAX) {
    return say_unfit(file, wanted->size, error);
  }
  if (ftruncate(fd, (off_t)wanted->size) != 0) {
    return say_refused(file, wanted, error);
  }
  if (wanted->reserve && wanted->size > 0) {
    if (!has_space(fd, wanted->size, &needed, &free_bytes)) {
      code = say_full(file, needed, free_bytes, error);
    } else if (!reserve_blocks(fd, wanted->size)) {
      code = say_refused(file, wanted, error);
    }
  }
  if (code != GLC_OK && (uint64_t)before.st_size < wanted->size &&
      ftruncate(fd, before.st_size) != 0) {
    /* It stays too long, and sparse: the failure that is told is the first. */
  }
  return code;
}

static const struct task_kind allocation_kind = {allocate, free, true};

struct glc_task *glc_part_file_allocate(struct glc_part_file *file,
                                        uint64_t size, bool reserve,
                                        struct glc_error *error) {
  struct allocation *wanted = malloc(sizeof *wanted);

  if (wanted == NULL) {
    glc_error_set(error, GLC_NO_MEMORY, "no memory for a task");
    return NULL;
  }
  wanted->size = size;
  wanted->reserve = reserve;
  return task_start(&allocation_kind, file, wanted, error);
}

struct publication {
  char target[GLC_PATH_MAX];
  bool overwrite;
};

/*
 * Not renamed where nobody waits for it any more: what Lua was not told of
 * has not been done.
 */
static enum glc_code publish(struct glc_task *task, int fd, void *context,
                             struct glc_error *error) {
  const struct publication *wanted = context;
  const struct locked_file *file = task_file(task);

  if (fsync(fd) != 0 && errno != EINVAL) {
    return locked_file_failure(file, "synchronize", error);
  }
  if (!locked_file_has_name(file)) {
    return locked_file_failure(file, "find", error);
  }
  if (task_is_cancelled(task)) {
    return glc_error_set(error, GLC_CANCELLED, "the task was closed");
  }
  return glc_file_publish(glc_bytes_of(file->path),
                          glc_bytes_of(wanted->target), wanted->overwrite,
                          error);
}

static const struct task_kind publication_kind = {publish, free, true};

struct glc_task *glc_part_file_publish(struct glc_part_file *file,
                                       struct glc_bytes target,
                                       bool overwrite,
                                       struct glc_error *error) {
  struct publication *wanted = malloc(sizeof *wanted);

  if (wanted == NULL) {
    glc_error_set(error, GLC_NO_MEMORY, "no memory for a task");
    return NULL;
  }
  if (!glc_path_copy(wanted->target, target)) {
    glc_error_set(error, GLC_FILE, "the path cannot name a file");
    free(wanted);
    return NULL;
  }
  wanted->overwrite = overwrite;
  return task_start(&publication_kind, file, wanted, error);
}
