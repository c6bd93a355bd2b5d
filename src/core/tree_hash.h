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

#pragma GCC visibility pop

#endif
