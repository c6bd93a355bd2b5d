/* Files that one process at a time may have open. */
#ifndef GLC_LOCKED_FILE_H
#define GLC_LOCKED_FILE_H

#include <stdbool.h>
#include <sys/types.h>

#include "../buffer.h"
#include "../error.h"
#include "../path.h"

#pragma GCC visibility push(hidden)

/*
 * `fd` is -1 where it is closed. The lock (flock) belongs to the open file,
 * not to the process: it ends when the last copy of the descriptor is closed,
 * by a kill too. No program that is started gets one (O_CLOEXEC); a forked
 * child's copy is only ever closed, never unlocked, which would unlock the
 * parent's.
 */
struct locked_file {
  int fd;
  char path[GLC_PATH_MAX];
};

/*
 * Opens the regular file at `path` for reading and writing, makes it with
 * `mode` where there is none, and locks it; `flags` are further ones for
 * open(). What is no regular file, a link to one included, is refused
 * (GLC_FILE) and never waited for. GLC_LOCKED: somebody has it, and *holder is
 * the process, or 0 where that cannot be told.
 */
enum glc_code locked_file_open(struct locked_file *file,
                               struct glc_bytes path, int flags, mode_t mode,
                               pid_t *holder, struct glc_error *error);

void locked_file_close(struct locked_file *file);

/* Gives the lock back; the file stays open. */
void locked_file_unlock(struct locked_file *file);

/*
 * Replaces the file by the one at path.new that `fill` writes: synchronized,
 * locked before it takes the name, so that there is no moment at which the
 * name is free. On failure the old file stays, and `file` stays of it.
 */
enum glc_code locked_file_replace(struct locked_file *file, int flags,
                                  mode_t mode,
                                  bool (*fill)(int fd, void *context),
                                  void *context, struct glc_error *error);

/* Whether the file's path still leads to it; errno tells why not. */
bool locked_file_has_name(const struct locked_file *file);

/* GLC_FILE: what could not be done to which file, and errno's reason. */
enum glc_code locked_file_failure(const struct locked_file *file,
                                  const char *what, struct glc_error *error);

/* The same with another reason. */
enum glc_code locked_file_refusal(const struct locked_file *file,
                                  const char *what, const char *reason,
                                  struct glc_error *error);

/* Writes all of it at `offset`, or at the end of a file that appends (-1). */
bool locked_file_write(int fd, struct glc_bytes data, off_t offset);

#pragma GCC visibility pop

#endif
