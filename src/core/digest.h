/* SHA-256, HMAC-SHA-256 and random bytes, on OpenSSL 3. */
#ifndef GLC_DIGEST_H
#define GLC_DIGEST_H

#include <stddef.h>
#include <stdint.h>

#include "buffer.h"
#include "error.h"
#include "tree_hash.h"

#pragma GCC visibility push(hidden)

enum {
  GLC_SHA1_SIZE = 20,
  GLC_UUID_SIZE = 37
};

/* Digest contexts, made once and reused. Not for two threads at a time. */
struct glc_digest;

/* NULL and `error` set where OpenSSL cannot provide SHA-256 or memory. */
struct glc_digest *glc_digest_open(struct glc_error *error);
void glc_digest_close(struct glc_digest *digest);

/*
 * Between these two, the digest's functions share one look at OpenSSL's queue of
 * errors (crypto.h); each is complete without them. They nest.
 */
void glc_digest_enter(struct glc_digest *digest);
void glc_digest_leave(struct glc_digest *digest);

/* SHA-256 of `data` (FIPS 180-4). */
enum glc_code glc_digest_sha256(struct glc_digest *digest,
                                struct glc_bytes data,
                                unsigned char hash[GLC_SHA256_SIZE],
                                struct glc_error *error);

/* SHA-1 of `data`, for names of cache files; nothing rests on its strength. */
enum glc_code glc_digest_sha1(struct glc_bytes data,
                              unsigned char hash[GLC_SHA1_SIZE],
                              struct glc_error *error);

/*
 * HMAC-SHA-256 (RFC 2104). glc_digest_key sets the key that the following
 * calls of glc_digest_hmac use; setting it costs as much as an HMAC.
 */
enum glc_code glc_digest_key(struct glc_digest *digest, struct glc_bytes key,
                             struct glc_error *error);
enum glc_code glc_digest_hmac(struct glc_digest *digest,
                              struct glc_bytes data,
                              unsigned char mac[GLC_SHA256_SIZE],
                              struct glc_error *error);

/* Unpredictable bytes, 256 at the most; other ones after a fork, too. */
enum glc_code glc_digest_random(unsigned char *bytes, size_t count,
                                struct glc_error *error);

/*
 * A random (version 4) UUID in lower case and a NUL, RFC 9562 5.4, of bytes that
 * are drawn for several at once, which costs a tenth. A forked child draws its
 * own.
 */
enum glc_code glc_digest_uuid(struct glc_digest *digest,
                              char text[GLC_UUID_SIZE],
                              struct glc_error *error);

/*
 * SHA-256 and tree hash of `data`, which is read once. `tree` has no data
 * yet; where this fails, it is to be closed.
 */
enum glc_code glc_digest_hashes(struct glc_digest *digest,
                                struct glc_tree_hash *tree,
                                struct glc_bytes data,
                                unsigned char sha256[GLC_SHA256_SIZE],
                                unsigned char root[GLC_SHA256_SIZE],
                                struct glc_error *error);

#pragma GCC visibility pop

#endif
