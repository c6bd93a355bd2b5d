/*
 * What the libraries alone need, to compare with: prints nanoseconds a turn.
 *
 *   baseline sign COUNT        two SHA-256 and one HMAC on reused contexts
 *   baseline call COUNT URL    a libcurl easy loop, one kept-alive connection
 */
#define _POSIX_C_SOURCE 200809L

#include <curl/curl.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static double now(void) {
  struct timespec time;

  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

static void digest(EVP_MD_CTX *context, const EVP_MD *md, const char *data,
                   size_t length) {
  unsigned char hash[EVP_MAX_MD_SIZE];

  EVP_DigestInit_ex2(context, md, NULL);
  EVP_DigestUpdate(context, data, length);
  EVP_DigestFinal_ex(context, hash, NULL);
}

/* The sizes are those of the specification's inventory example. */
static void sign(long count) {
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

  EVP_MAC_init(mac, key, sizeof key, parameters);
  while (count-- > 0) {
    digest(hash, md, body, sizeof body);
    digest(hash, md, canonical_request, sizeof canonical_request);
    EVP_MAC_init(mac, NULL, 0, NULL);
    EVP_MAC_update(mac, (const unsigned char *)string_to_sign,
                   sizeof string_to_sign);
    EVP_MAC_final(mac, out, &length, sizeof out);
  }
  EVP_MAC_CTX_free(mac);
  EVP_MAC_free(hmac);
  EVP_MD_CTX_free(hash);
  EVP_MD_free(md);
}

static size_t ignore(char *data, size_t size, size_t count, void *context) {
  (void)data;
  (void)context;
  return size * count;
}

static int call(long count, const char *url) {
  static const char body[161] =
      "{\"Format\":\"CSV\",\"Type\":\"inventory-retrieval\",\"Description\":"
      "\"My inventory job\"}";
  CURL *easy = curl_easy_init();
  struct curl_slist *headers =
      curl_slist_append(NULL, "Content-Type: application/json");
  CURLcode result = CURLE_OK;

  curl_easy_setopt(easy, CURLOPT_URL, url);
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
  curl_easy_setopt(easy, CURLOPT_POSTFIELDS, body);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, ignore);
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  while (result == CURLE_OK && count-- > 0) {
    result = curl_easy_perform(easy);
  }
  curl_slist_free_all(headers);
  curl_easy_cleanup(easy);
  return result == CURLE_OK ? 0 : 1;
}

int main(int argc, char **argv) {
  long count = argc > 2 ? atol(argv[2]) : 0;
  double start = now();
  int status = 0;

  if (count > 0 && strcmp(argv[1], "sign") == 0) {
    sign(count);
  } else if (count > 0 && argc > 3 && strcmp(argv[1], "call") == 0) {
    status = call(count, argv[3]);
  } else {
    status = 2;
  }
  printf("%.1f\n", (now() - start) / (double)(count > 0 ? count : 1));
  return status;
}
