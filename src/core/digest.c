#include "digest.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "crypto.h"

enum { UUID_BYTES = 16, UUIDS_AT_ONCE = 16 };

struct glc_digest {
  EVP_MD *sha256;
  EVP_MD_CTX *hash;
  EVP_MAC_CTX *mac;
  struct glc_crypto_scope scope;
  unsigned entered; /* how often; the scope is entered once */
  /* Random bytes for so many UUIDs more, and the process that drew them. */
  unsigned char random[UUIDS_AT_ONCE][UUID_BYTES];
  size_t left;
  long drawn_by;
};

static EVP_MAC_CTX *new_hmac(void) {
  char name[] = "SHA256";
  OSSL_PARAM parameters[2];
  EVP_MAC *hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
  EVP_MAC_CTX *context = hmac != NULL ? EVP_MAC_CTX_new(hmac) : NULL;

  parameters[0] =
      OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, name, 0);
  parameters[1] = OSSL_PARAM_construct_end();
  if (context != NULL && !EVP_MAC_CTX_set_params(context, parameters)) {
    EVP_MAC_CTX_free(context);
    context = NULL;
  }
  EVP_MAC_free(hmac);
  return context;
}

struct glc_digest *glc_digest_open(struct glc_error *error) {
  struct glc_crypto_scope scope;
  struct glc_digest *digest = calloc(1, sizeof *digest);

  if (digest == NULL) {
    glc_error_set(error, GLC_NO_MEMORY, "no memory for a digest");
    return NULL;
  }
  glc_crypto_enter(&scope);
  digest->sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
  if (digest->sha256 == NULL) {
    glc_crypto_missing(error, "SHA-256");
    goto failed;
  }
  digest->mac = new_hmac();
  if (digest->mac == NULL) {
    glc_crypto_missing(error, "HMAC");
    goto failed;
  }
  digest->hash = EVP_MD_CTX_new();
  if (digest->hash == NULL) {
    glc_crypto_failure(error, "making a context");
    goto failed;
  }
  goto done;
failed:
  glc_digest_close(digest);
  digest = NULL;
done:
  glc_crypto_leave(&scope);
  return digest;
}

void glc_digest_close(struct glc_digest *digest) {
  struct glc_crypto_scope scope;

  if (digest != NULL) {
    glc_crypto_enter(&scope);
    EVP_MAC_CTX_free(digest->mac);
    EVP_MD_CTX_free(digest->hash);
    EVP_MD_free(digest->sha256);
    free(digest);
    glc_crypto_leave(&scope);
  }
}

void glc_digest_enter(struct glc_digest *digest) {
  if (digest->entered++ == 0) {
    glc_crypto_enter(&digest->scope);
  }
}

void glc_digest_leave(struct glc_digest *digest) {
  if (--digest->entered == 0) {
    glc_crypto_leave(&digest->scope);
  }
}

enum glc_code glc_digest_sha256(struct glc_digest *digest,
                                struct glc_bytes data,
                                unsigned char hash[GLC_SHA256_SIZE],
                                struct glc_error *error) {
  enum glc_code code = GLC_OK;

  glc_digest_enter(digest);
  if (!EVP_DigestInit_ex2(digest->hash, digest->sha256, NULL) ||
      !EVP_DigestUpdate(digest->hash, data.data, data.length) ||
      !EVP_DigestFinal_ex(digest->hash, hash, NULL)) {
    code = glc_crypto_failure(error, "SHA-256");
  }
  glc_digest_leave(digest);
  return code;
}

enum glc_code glc_digest_sha1(struct glc_bytes data,
                              unsigned char hash[GLC_SHA1_SIZE],
                              struct glc_error *error) {
  struct glc_crypto_scope scope;
  enum glc_code code = GLC_OK;
  size_t length = 0;

  glc_crypto_enter(&scope);
  if (!EVP_Q_digest(NULL, "SHA1", NULL, data.data, data.length, hash,
                    &length)) {
    code = glc_crypto_failure(error, "SHA-1");
  }
  glc_crypto_leave(&scope);
  return code;
}

enum glc_code glc_digest_key(struct glc_digest *digest, struct glc_bytes key,
                             struct glc_error *error) {
  /* A NULL key would mean "the key of before". */
  const unsigned char *bytes =
      (const unsigned char *)(key.length > 0 ? key.data : "");
  enum glc_code code = GLC_OK;

  glc_digest_enter(digest);
  if (!EVP_MAC_init(digest->mac, bytes, key.length, NULL)) {
    code = glc_crypto_failure(error, "HMAC's key");
  }
  glc_digest_leave(digest);
  return code;
}

enum glc_code glc_digest_hmac(struct glc_digest *digest,
                              struct glc_bytes data,
                              unsigned char mac[GLC_SHA256_SIZE],
                              struct glc_error *error) {
  enum glc_code code = GLC_OK;
  size_t length = 0;

  glc_digest_enter(digest);
  if (!EVP_MAC_init(digest->mac, NULL, 0, NULL) ||
      !EVP_MAC_update(digest->mac, (const unsigned char *)data.data,
                      data.length) ||
      !EVP_MAC_final(digest->mac, mac, &length, GLC_SHA256_SIZE)) {
    code = glc_crypto_failure(error, "HMAC");
  }
  glc_digest_leave(digest);
  return code;
}

enum glc_code glc_digest_random(unsigned char *bytes, size_t count,
                                struct glc_error *error) {
  struct glc_crypto_scope scope;
  enum glc_code code = GLC_OK;

  glc_crypto_enter(&scope);
  if (RAND_bytes(bytes, (int)count) != 1) {
    code = glc_crypto_failure(error, "random");
  }
  glc_crypto_leave(&scope);
  return code;
}

static void write_uuid(const unsigned char random[UUID_BYTES],
                       char text[GLC_UUID_SIZE]) {
  static const char digits[] = "0123456789abcdef";
  size_t i;

  for (i = 0; i < UUID_BYTES; i++) {
    unsigned char byte = random[i];

    if (i == 4 || i == 6 || i == 8 || i == 10) {
      *text++ = '-';
    }
    if (i == 6) {
      byte = (unsigned char)(0x40 | (byte & 0x0f)); /* version 4 */
    } else if (i == 8) {
      byte = (unsigned char)(0x80 | (byte & 0x3f)); /* variant 10 */
    }
    *text++ = digits[byte >> 4];
    *text++ = digits[byte & 15];
  }
  *text = '\0';
}

enum glc_code glc_digest_uuid(struct glc_digest *digest,
                              char text[GLC_UUID_SIZE],
                              struct glc_error *error) {
  const long process = (long)getpid();
  enum glc_code code = GLC_OK;

  if (digest->left == 0 || digest->drawn_by != process) {
    code = glc_digest_random(digest->random[0], sizeof digest->random, error);
    digest->left = code == GLC_OK ? UUIDS_AT_ONCE : 0;
    digest->drawn_by = process;
  }
  if (code == GLC_OK) {
    write_uuid(digest->random[--digest->left], text);
  }
  return code;
}

/* Small enough to be in the processor's cache still when it is read again. */
enum { PIECE_SIZE = 16 * 1024 };

enum glc_code glc_digest_hashes(struct glc_digest *digest,
                                struct glc_tree_hash *tree,
                                struct glc_bytes data,
                                unsigned char sha256[GLC_SHA256_SIZE],
                                unsigned char root[GLC_SHA256_SIZE],
                                struct glc_error *error) {
  struct glc_crypto_scope scope;
  enum glc_code code = GLC_OK;

  /* The tree of one leaf is its hash. */
  if (data.length <= GLC_LEAF_SIZE) {
    code = glc_digest_sha256(digest, data, sha256, error);
    if (code == GLC_OK) {
      memcpy(root, sha256, GLC_SHA256_SIZE);
    }
    return code;
  }
  glc_crypto_enter(&scope);
  if (!EVP_DigestInit_ex2(digest->hash, digest->sha256, NULL)) {
    code = glc_crypto_failure(error, "SHA-256");
  }
  while (code == GLC_OK && data.length > 0) {
    struct glc_bytes piece = {
        data.data, data.length < PIECE_SIZE ? data.length : PIECE_SIZE};

    if (!EVP_DigestUpdate(digest->hash, piece.data, piece.length)) {
      code = glc_crypto_failure(error, "SHA-256");
    } else {
      code = glc_tree_hash_update(tree, piece, error);
    }
    data.data += piece.length;
    data.length -= piece.length;
  }
  if (code == GLC_OK && !EVP_DigestFinal_ex(digest->hash, sha256, NULL)) {
    code = glc_crypto_failure(error, "SHA-256");
  }
  if (code == GLC_OK) {
    code = glc_tree_hash_finish(tree, root, error);
  }
  glc_crypto_leave(&scope);
  return code;
}
