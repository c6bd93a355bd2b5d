/*
 * The bare work of a signature: two SHA-256 and one HMAC on reused contexts.
 * Prints nanoseconds a turn: floor_sign COUNT
 */
#define _POSIX_C_SOURCE 200809L

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <stdio.h>
#include <stdlib.h>

#include "clock.h"

static int digest(EVP_MD_CTX *context, const EVP_MD *md, const char *data,
                  size_t length) {
  unsigned char hash[EVP_MAX_MD_SIZE];

  return EVP_DigestInit_ex2(context, md, NULL) &&
         EVP_DigestUpdate(context, data, length) &&
         EVP_DigestFinal_ex(context, hash, NULL);
}

/* The sizes are those of the specification's inventory example. */
static int sign(long count) {
  static const char body[160], canonical_request[430], string_to_sign[137];
  char name[] = "SHA256";
  OSSL_PARAM parameters[] = {
      OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, name, 0),
      OSSL_PARAM_construct_end()};
  EVP_MD *md = EVP_MD_fetch(NULL, "SHA256", NULL);
  EVP_MD_CTX *hash = EVP_MD_CTX_new();
  EVP_MAC *hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
  EVP_MAC_CTX *mac = EVP_MAC_CTX_new(hmac);
  unsigned char key[32] = {1}, out[32];
  size_t length;
  int sound = EVP_MAC_init(mac, key, sizeof key, parameters);

  while (sound && count-- > 0) {
    sound = digest(hash, md, body, sizeof body) &&
            digest(hash, md, canonical_request, sizeof canonical_request) &&
            EVP_MAC_init(mac, NULL, 0, NULL) &&
            EVP_MAC_update(mac, (const unsigned char *)string_to_sign,
                           sizeof string_to_sign) &&
            EVP_MAC_final(mac, out, &length, sizeof out);
  }
  EVP_MAC_CTX_free(mac);
  EVP_MAC_free(hmac);
  EVP_MD_CTX_free(hash);
  EVP_MD_free(md);
  return sound;
}

int main(int argc, char **argv) {
  const long count = argc > 1 ? atol(argv[1]) : 0;
  double start;

  if (count <= 0 || !sign(count / 10 + 1)) {
    return 1;
  }
  start = bench_now();
  if (!sign(count)) {
    return 1;
  }
  printf("%.1f\n", (bench_now() - start) / (double)count);
  return 0;
}
