/* The SHA-256 tree hash of S3 Glacier, on OpenSSL 3. */
#ifndef GLC_TREE_HASH_H
#define GLC_TREE_HASH_H

#include <stdint.h>

#include "buffer.h"
#include "error.h"

#pragma GCC visibility push(hidden)

enum {
  GLC_SHA256_SIZE = 32,
  GLC_LEAF_SIZE = 1024 * 1024,
  /* 2^40 leaves of 1 MiB are far beyond the largest archive (40,000 GB). */
  GLC_TREE_DEPTH = 40
};

/*
 * The SHA-256 tree hash (Amazon S3 Glacier developer guide, "Computing
 * Checksums"): SHA-256 of each leaf of 1 MiB, then of pairs, an odd one
 * promoted; of no data, SHA-256 of nothing. Data comes in any pieces. Not for
 * two threads at a time.
 */
struct glc_tree_hash;

struct glc_tree_hash *glc_tree_hash_open(struct glc_error *error);
void glc_tree_hash_close(struct glc_tree_hash *tree);

enum glc_code glc_tree_hash_update(struct glc_tree_hash *tree,
                                   struct glc_bytes data,
                                   struct glc_error *error);

/* Gives the hash of all data so far and starts anew. */
enum glc_code glc_tree_hash_finish(struct glc_tree_hash *tree,
                                   unsigned char hash[GLC_SHA256_SIZE],
                                   struct glc_error *error);

/* The hash of all data so far, which may go on as if nothing were asked. */
enum glc_code glc_tree_hash_peek(const struct glc_tree_hash *tree,
                                 unsigned char hash[GLC_SHA256_SIZE],
                                 struct glc_error *error);

/*
 * Appends a leaf by its SHA-256: 1 MiB, or less where it is the last one. All
 * data so far must be whole leaves: GLC_INVALID otherwise.
 */
enum glc_code glc_tree_hash_append(struct glc_tree_hash *tree,
                                   const unsigned char hash[GLC_SHA256_SIZE],
                                   struct glc_error *error);

/*
 * What is known of the whole leaves of some data: `leaves` of them, and a
 * hash for each one bit of that number, the highest first, which stands for
 * as many leaves as the bit does. May be written to a file and read again.
 */
struct glc_tree_state {
  uint64_t leaves;
  unsigned char hashes[GLC_TREE_DEPTH][GLC_SHA256_SIZE];
};

/*
 * The state of the data so far: to go on with behind its last whole leaf. What
 * came since is not in it.
 */
void glc_tree_hash_save(const struct glc_tree_hash *tree,
                        struct glc_tree_state *state);

/* The tree is as it was when that was saved, whatever it had before. */
enum glc_code glc_tree_hash_restore(struct glc_tree_hash *tree,
                                    const struct glc_tree_state *state,
                                    struct glc_error *error);

#pragma GCC visibility pop

#endif
