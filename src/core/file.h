/* Files that are written whole or not at all. */
#ifndef GLC_FILE_H
#define GLC_FILE_H

#include <stdbool.h>
#include <stdint.h>

#include "buffer.h"
#include "error.h"

#pragma GCC visibility push(hidden)

/*
 * Makes the file at `path` hold `data`, readable and writable by its owner
 * alone. Who reads it meanwhile sees all of the old content or all of the
 * new one: a temporary file in the same folder is written, synchronized and
 * renamed. On failure (GLC_INVALID) the old file stays as it was and the
 * temporary one is gone; the message names the path, never the content. Where
 * the path is a symbolic link the file that it stands for is replaced, in that
 * one's folder, and the link stays.
 */
enum glc_code glc_file_replace(struct glc_bytes path, struct glc_bytes data,
                               struct glc_error *error);

/* Whether there is anything of that name, a link to nothing included. */
bool glc_file_exists(struct glc_bytes path);

/*
 * Gives a file that was written in the same folder its name at last: it is
 * synchronized and moved there, and the folder synchronized. Where something
 * has that name already it is replaced if `overwrite` is set; else that is a
 * failure (GLC_FILE_EXISTS), and it stays. On failure (else GLC_FILE) the
 * temporary file stays.
 */
enum glc_code glc_file_publish(struct glc_bytes temporary,
                               struct glc_bytes path, bool overwrite,
                               struct glc_error *error);

/*
 * Makes a name that was given in a folder outlast a loss of power: the folder
 * of the path is synchronized. Some cannot be, and that is no failure.
 */
void glc_file_synchronize_folder(struct glc_bytes path);

/*
 * Whether the path, its links followed, leads to a pipe, a socket or a
 * device: to open or to read one may wait without end. False, too, where
 * nothing can be told.
 */
bool glc_file_is_special(struct glc_bytes path);

/* What stands under a name, and under what its links lead to. */
enum glc_file_kind {
  GLC_FILE_NOTHING, /* or it cannot be told */
  GLC_FILE_REGULAR,
  GLC_FILE_FOLDER,
  GLC_FILE_SPECIAL, /* a pipe, a socket, a device */
  GLC_FILE_DANGLING /* a link to nothing */
};

enum glc_file_kind glc_file_kind_of(struct glc_bytes path);

/* The length of a regular file in bytes; -1 where there is none. */
int64_t glc_file_length(struct glc_bytes path);

/*
 * Whether there is a folder of that name in which we may make files: GLC_FILE
 * says why not.
 */
enum glc_code glc_file_check_folder(struct glc_bytes path,
                                    struct glc_error *error);

/*
 * The columns of the terminal that a descriptor leads to: 0 where it does not
 * tell them, -1 where there is no terminal.
 */
int glc_file_terminal(int file);

#pragma GCC visibility pop

#endif
