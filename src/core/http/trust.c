#define _POSIX_C_SOURCE 200809L /* struct timespec in struct stat */

#include "trust.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "../clock.h"

/* What differs where a file was replaced, or written to. */
struct stamp {
  dev_t device;
  ino_t number;
  off_t size;
  struct timespec written;
  struct timespec changed;
};

struct trusted_file {
  struct trusted_file *next;
  struct stamp stamp;
  int64_t replaced; /* -1: it never was */
  size_t length;
  char path[];
};

static struct stamp look_at(const char *path) {
  struct stamp stamp;
  struct stat status;

  memset(&stamp, 0, sizeof stamp);
  if (stat(path, &status) == 0) {
    stamp.device = status.st_dev;
    stamp.number = status.st_ino;
    stamp.size = status.st_size;
    stamp.written = status.st_mtim;
    stamp.changed = status.st_ctim;
  }
  return stamp;
}

static bool is_same_time(struct timespec a, struct timespec b) {
  return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

static bool is_same(const struct stamp *a, const struct stamp *b) {
  return a->device == b->device && a->number == b->number &&
         a->size == b->size && is_same_time(a->written, b->written) &&
         is_same_time(a->changed, b->changed);
}

static struct trusted_file *new_file(struct glc_bytes path) {
  struct trusted_file *file = malloc(sizeof *file + path.length + 1);

  if (file != NULL) {
    memcpy(file->path, path.data, path.length);
    file->path[path.length] = '\0';
    file->length = path.length;
    file->replaced = -1;
    file->next = NULL;
    file->stamp = look_at(file->path);
  }
  return file;
}

enum glc_code trust_look(struct trusted_file **files, struct glc_bytes path,
                         int64_t *age, struct glc_error *error) {
  struct trusted_file *file = *files;
  int64_t now = glc_clock_monotonic();

  while (file != NULL && (file->length != path.length ||
                          memcmp(file->path, path.data, path.length) != 0)) {
    file = file->next;
  }
  if (file == NULL) {
    file = new_file(path);
    if (file == NULL) {
      return glc_error_set(error, GLC_NO_MEMORY, "no memory for a request");
    }
    file->next = *files;
    *files = file;
  } else {
    const struct stamp stamp = look_at(file->path);

    if (!is_same(&stamp, &file->stamp)) {
      file->stamp = stamp;
      file->replaced = now;
    }
  }
  *age = file->replaced >= 0 ? now - file->replaced : -1;
  return GLC_OK;
}

void trust_free(struct trusted_file *files) {
  while (files != NULL) {
    struct trusted_file *file = files;

    files = file->next;
    free(file);
  }
}
