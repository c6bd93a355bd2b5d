#define _POSIX_C_SOURCE 200809L

#include "part_file.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

/*
 * `holders` keep it in memory, `users` keep it open, and those of them who are
 * `writers` keep it locked. Whoever closes it closes the descriptor at once
 * where nobody uses it, else the last user does.
 */
struct glc_part_file {
  pthread_mutex_t lock;
  struct locked_file file;
  pid_t owner;
  bool is_closed;
  unsigned users;
  unsigned writers;
  unsigned holders;
};

struct glc_part_file *glc_part_file_open(struct glc_bytes path, pid_t *holder,
                                         struct glc_error *error) {
  struct glc_part_file *file = calloc(1, sizeof *file);

  *holder = 0;
  if (file == NULL) {
    glc_error_set(error, GLC_NO_MEMORY, "no memory for a file");
    return NULL;
  }
  (void)pthread_mutex_init(&file->lock, NULL);
  file->owner = getpid();
  file->holders = 1;
  if (locked_file_open(&file->file, path, 0,
                       S_IRUSR | S_IWUSR | S_IRGRP | S_IWGRP | S_IROTH |
                           S_IWOTH,
                       holder, error) != GLC_OK) {
    part_file_drop(file);
    file = NULL;
  }
  return file;
}

static bool is_forked(const struct glc_part_file *file) {
  return file->owner != getpid();
}

struct glc_part_file *part_file_keep(struct glc_part_file *file) {
  (void)pthread_mutex_lock(&file->lock);
  file->holders++;
  (void)pthread_mutex_unlock(&file->lock);
  return file;
}

void part_file_drop(struct glc_part_file *file) {
  bool is_last;

  if (file == NULL || is_forked(file)) {
    return; /* threads that a child has not may hold it */
  }
  (void)pthread_mutex_lock(&file->lock);
  is_last = --file->holders == 0;
  (void)pthread_mutex_unlock(&file->lock);
  if (is_last) {
    locked_file_close(&file->file);
    (void)pthread_mutex_destroy(&file->lock);
    free(file);
  }
}

int part_file_enter(struct glc_part_file *file, bool writes) {
  int fd = -1;

  if (!is_forked(file)) {
    (void)pthread_mutex_lock(&file->lock);
    if (!file->is_closed) {
      file->users++;
      file->writers += writes ? 1 : 0;
      fd = file->file.fd;
    }
    (void)pthread_mutex_unlock(&file->lock);
  }
  return fd;
}

/* What its owner has closed is given up as far as nobody needs it. Locked. */
static void give_up(struct glc_part_file *file) {
  if (file->users == 0) {
    locked_file_close(&file->file);
  } else if (file->writers == 0) {
    locked_file_unlock(&file->file);
  }
}

void part_file_leave(struct glc_part_file *file, bool writes) {
  (void)pthread_mutex_lock(&file->lock);
  file->users--;
  file->writers -= writes ? 1 : 0;
  if (file->is_closed) {
    give_up(file);
  }
  (void)pthread_mutex_unlock(&file->lock);
}

bool part_file_is_closed(struct glc_part_file *file) {
  bool is_closed;

  (void)pthread_mutex_lock(&file->lock);
  is_closed = file->is_closed;
  (void)pthread_mutex_unlock(&file->lock);
  return is_closed;
}

const struct locked_file *part_file_inside(const struct glc_part_file *file) {
  return &file->file;
}

void glc_part_file_close(struct glc_part_file *file) {
  if (file != NULL && is_forked(file)) {
    locked_file_close(&file->file); /* the child's copy: the lock stays */
  } else if (file != NULL) {
    (void)pthread_mutex_lock(&file->lock);
    file->is_closed = true;
    give_up(file);
    (void)pthread_mutex_unlock(&file->lock);
    part_file_drop(file);
  }
}

enum glc_code glc_part_file_size(struct glc_part_file *file, int64_t *size,
                                 struct glc_error *error) {
  struct stat status;

  if (fstat(file->file.fd, &status) != 0) {
    return locked_file_failure(&file->file, "look at", error);
  }
  *size = (int64_t)status.st_size;
  return GLC_OK;
}

enum glc_code glc_download_space(struct glc_bytes folder, uint64_t *bytes,
                                 struct glc_error *error) {
  char name[GLC_PATH_MAX];
  struct statvfs found;

  if (!glc_path_copy(name, folder)) {
    return glc_error_set(error, GLC_FILE, "the path cannot name a folder");
  }
  if (statvfs(name, &found) != 0) {
    char reason[80];

    glc_error_describe(errno, reason, sizeof reason);
    return glc_path_refusal(error, GLC_FILE, "look at", folder, reason);
  }
  *bytes = (uint64_t)found.f_bavail * (uint64_t)found.f_frsize;
  return GLC_OK;
}
