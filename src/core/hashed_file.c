#define _POSIX_C_SOURCE 200809L /* O_CLOEXEC */
#define _FILE_OFFSET_BITS 64

#include "hashed_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "path.h"

struct glc_hashed_file {
  int file;
  struct glc_file_range range;
  struct glc_file_hash *hash;
};

/* Only these can be read at any offset, and to an end. */
static enum glc_code check_kind(int file, struct glc_bytes path,
                                struct glc_error *error) {
  struct stat status;

  if (fstat(file, &status) != 0) {
    return glc_path_failure(error, "read", path);
  }
  if (S_ISDIR(status.st_mode)) {
    errno = EISDIR;
    return glc_path_failure(error, "read", path);
  }
  if (!S_ISREG(status.st_mode) && !S_ISBLK(status.st_mode)) {
    return glc_error_set(error, GLC_INVALID,
                         "only of a file or a disk there is a tree hash, not "
                         "of a pipe, a socket or another device");
  }
  return GLC_OK;
}

struct glc_hashed_file *glc_hashed_file_open(struct glc_bytes path,
                                             struct glc_error *error) {
  struct glc_hashed_file *file = calloc(1, sizeof *file);
  char name[GLC_PATH_MAX];

  if (file == NULL) {
    glc_error_set(error, GLC_NO_MEMORY, "no memory to hash a file");
    return NULL;
  }
  file->file = -1;
  file->range.size = GLC_TO_END;
  if (!glc_path_copy(name, path)) {
    glc_error_set(error, GLC_INVALID, "the path cannot name a file");
    goto failed;
  }
  /* To open a pipe would wait for its other end. */
  file->file = open(name, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
  if (file->file < 0) {
    glc_path_failure(error, "read", path);
    goto failed;
  }
  if (check_kind(file->file, path, error) != GLC_OK) {
    goto failed;
  }
  file->hash = glc_file_hash_start(file->file, &file->range, 1, 0, error);
  if (file->hash == NULL) {
    goto failed;
  }
  goto done;
failed:
  glc_hashed_file_close(file);
  file = NULL;
done:
  return file;
}

bool glc_hashed_file_done(struct glc_hashed_file *file) {
  return glc_file_hash_done(file->hash);
}

enum glc_code glc_hashed_file_wait(struct glc_hashed_file *file,
                                   unsigned char hash[GLC_SHA256_SIZE],
                                   struct glc_error *error) {
  enum glc_code code = glc_file_hash_wait(file->hash, error);

  if (code == GLC_OK) {
    memcpy(hash, file->range.root, GLC_SHA256_SIZE);
  }
  return code;
}

/*
 * In a child that was forked the threads' memory stays, but the descriptor is
 * one of its own.
 */
void glc_hashed_file_close(struct glc_hashed_file *file) {
  if (file != NULL) {
    glc_file_hash_close(file->hash);
    if (file->file >= 0) {
      (void)close(file->file);
    }
    free(file);
  }
}
