/* What the tests of the signer share: one request and its parts. */
#ifndef SIGNING_H
#define SIGNING_H

#include <stdlib.h>

#include "check.h"
#include "sigv4.h"

#define SIGNING_ID "AKIDEXAMPLE"
#define SIGNING_SECRET "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
#define SIGNING_HOST "glacier.us-east-1.amazonaws.com"

/* 20120525T002453Z */
static const int64_t signing_time = 1337905493;

static inline struct glc_header signing_header(const char *name,
                                               const char *value) {
  struct glc_header header = {glc_bytes_of(name), glc_bytes_of(value)};

  return header;
}

static inline struct glc_sigv4_scope signing_scope(const char *region,
                                                   const char *service) {
  struct glc_sigv4_scope scope = {glc_bytes_of(region), glc_bytes_of(service)};

  return scope;
}

static inline struct glc_credentials *signing_credentials(const char *secret,
                                                          const char *token) {
  return glc_credentials_new(glc_bytes_of(SIGNING_ID), glc_bytes_of(secret),
                             glc_bytes_of(token), NULL);
}

/* A request of Glacier's; `headers` has place for the three it has. */
static inline struct glc_sigv4_request
signing_request(struct glc_header headers[3], const char *path,
                const char *query, const char *body) {
  struct glc_sigv4_request request = {
      {"POST", 4}, {NULL, 0}, {NULL, 0}, headers, 3, {NULL, 0}, false};

  headers[0] = signing_header("x-amz-glacier-version", "2012-06-01");
  headers[1] = signing_header("Content-Type", "application/json");
  headers[2] = signing_header("Host", SIGNING_HOST);
  request.path = glc_bytes_of(path);
  request.query = glc_bytes_of(query);
  request.body = glc_bytes_of(body);
  return request;
}

/* Whether `authorization` ends in that signature. */
static inline bool has_signature(const struct glc_signer *signer,
                                 const char *signature) {
  struct glc_bytes text = glc_signer_authorization(signer);
  const size_t length = strlen(signature);

  return text.length > length &&
         memcmp(text.data + text.length - length, signature, length) == 0;
}

#endif
