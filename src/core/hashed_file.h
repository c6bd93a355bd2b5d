/* The tree hash of a whole file. */
#ifndef GLC_HASHED_FILE_H
#define GLC_HASHED_FILE_H

#include <stdbool.h>

#include "buffer.h"
#include "error.h"
#include "file_hash.h"

#pragma GCC visibility push(hidden)

/* A file that is being hashed, by threads on all cores. */
struct glc_hashed_file;

/*
 * Opens the file at `path` and begins. NULL and an error (GLC_INVALID) where
 * it cannot be opened, or is neither a file nor a disk: of a pipe one may wait
 * without end.
 */
struct glc_hashed_file *glc_hashed_file_open(struct glc_bytes path,
                                             struct glc_error *error);

/* Whether it has ended, well or not. */
bool glc_hashed_file_done(struct glc_hashed_file *file);

/* Waits for the end. GLC_INVALID: it cannot be read. */
enum glc_code glc_hashed_file_wait(struct glc_hashed_file *file,
                                   unsigned char hash[GLC_SHA256_SIZE],
                                   struct glc_error *error);

/* Ends it, wherever it is. NULL is allowed. */
void glc_hashed_file_close(struct glc_hashed_file *file);

#pragma GCC visibility pop

#endif
