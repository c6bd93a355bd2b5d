/* Tree hashes of ranges of a file, by threads on all cores. */
#ifndef GLC_FILE_HASH_H
#define GLC_FILE_HASH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"
#include "tree_hash.h"

#pragma GCC visibility push(hidden)

/* As the size of a range: whatever there is behind its first byte. */
#define GLC_TO_END UINT64_MAX

/* The most threads that work on one file. */
enum { GLC_FILE_HASH_THREADS = 64 };

/* A range of the file, and what is found out of it. */
struct glc_file_range {
  uint64_t first; /* the offset of its first byte */
  uint64_t size;  /* bytes, or GLC_TO_END */
  /* Where its state is to be put, behind which a hash may go on; or NULL. */
  struct glc_tree_state *state;
  /* Results; `hashed` is less than the size where the file ends before. */
  uint64_t hashed;
  unsigned char root[GLC_SHA256_SIZE]; /* of the bytes that were hashed */
};

/* Threads at work on a file. */
struct glc_file_hash;

/*
 * Begins to hash the `count` ranges, which may lie anywhere, by `threads`
 * threads (0: one for each core), and returns at once. Both belong to the
 * caller until the close: the descriptor, which is read by pread alone, and
 * the ranges, whose results are there after glc_file_hash_wait has returned
 * GLC_OK, and are not to be looked at before. Memory: below 128 KiB a thread,
 * whatever the sizes. NULL and `error` set where it cannot be begun.
 */
struct glc_file_hash *glc_file_hash_start(int file,
                                          struct glc_file_range *ranges,
                                          size_t count, unsigned threads,
                                          struct glc_error *error);

/*
 * Whether it has ended, well or not: then waiting takes no time. Never waits
 * itself, not for a lock either.
 */
bool glc_file_hash_done(struct glc_file_hash *hash);

/*
 * Waits for the end. GLC_INVALID: the file cannot be read. May be called
 * again, and says the same.
 */
enum glc_code glc_file_hash_wait(struct glc_file_hash *hash,
                                 struct glc_error *error);

/*
 * Ends it, wherever it is, which takes no longer than one read of 64 KiB and
 * its hash. In a child process that was forked meanwhile there are no threads
 * to wait for: there it lets go of nothing that these may be using. NULL is
 * allowed.
 */
void glc_file_hash_close(struct glc_file_hash *hash);

#pragma GCC visibility pop

#endif
