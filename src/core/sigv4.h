/*
 * AWS Signature Version 4: canonical request, string to sign, signature.
 * Source: AWS IAM user guide, "Create a signed AWS API request". Pure: the
 * time is an argument, nothing is read from outside. Knows no HTTP client.
 */
#ifndef GLC_SIGV4_H
#define GLC_SIGV4_H

#include <stdbool.h>
#include <stdint.h>

#include "buffer.h"
#include "error.h"

#pragma GCC visibility push(hidden)

enum {
  GLC_SIGV4_DATE_SIZE = 17, /* 20120525T002453Z and a NUL */
  GLC_SIGV4_MAX_FIELDS = 128 /* headers, and query parameters */
};

/* An identity to sign with; the secrets are wiped when it is freed. */
struct glc_credentials;

/*
 * Copies the three; an empty session token is none. Refused (GLC_INVALID):
 * an empty or unprintable access key id or token, an empty secret. Messages
 * never quote them.
 */
struct glc_credentials *
glc_credentials_new(struct glc_bytes access_key_id,
                    struct glc_bytes secret_access_key,
                    struct glc_bytes session_token, struct glc_error *error);
void glc_credentials_free(struct glc_credentials *credentials);

/* The access key id, which is no secret; borrowed. */
struct glc_bytes
glc_credentials_access_key_id(const struct glc_credentials *credentials);

/* The session token, empty where there is none; borrowed, a secret. */
struct glc_bytes
glc_credentials_session_token(const struct glc_credentials *credentials);

struct glc_sigv4_scope {
  struct glc_bytes region;
  struct glc_bytes service;
};

/*
 * What is signed: all of it. `headers` are those to be signed, Host among
 * them, without X-Amz-Date, X-Amz-Security-Token and Authorization, which
 * the signer makes. `path` is the path as it goes over the wire, already
 * percent-encoded; the canonical path is that, without dot segments and
 * empty segments unless keep_segments, percent-encoded once more. `query`
 * is the query as it goes over the wire, without "?". A header
 * x-amz-content-sha256 (in lower case) that is a hash is believed to be that
 * of `body`.
 */
struct glc_sigv4_request {
  struct glc_bytes method;
  struct glc_bytes path;
  struct glc_bytes query;
  const struct glc_header *headers;
  size_t header_count;
  struct glc_bytes body;
  bool keep_segments;
};

/* Contexts, scratch space and the cached signing key of one caller. */
struct glc_signer;

struct glc_signer *glc_signer_open(struct glc_error *error);
void glc_signer_close(struct glc_signer *signer);

/*
 * Signs; `time` is in seconds since 1970-01-01 UTC, of the years 0 to 9999.
 * The results below are borrowed until the next call. The signing key is kept
 * for the next request of the same date, region, service and secret.
 */
enum glc_code glc_sigv4_sign(struct glc_signer *signer,
                             const struct glc_sigv4_request *request,
                             const struct glc_sigv4_scope *scope,
                             const struct glc_credentials *credentials,
                             int64_t time, struct glc_error *error);

/* Of the last request signed: values for X-Amz-Date and Authorization. */
struct glc_bytes glc_signer_date(const struct glc_signer *signer);
struct glc_bytes glc_signer_authorization(const struct glc_signer *signer);

/* Of the last request signed, to compare with what a service expected. */
struct glc_bytes glc_signer_canonical_request(const struct glc_signer *signer);
struct glc_bytes glc_signer_string_to_sign(const struct glc_signer *signer);

#pragma GCC visibility pop

#endif
