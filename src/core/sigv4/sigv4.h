/*
 * AWS Signature Version 4: canonical request, string to sign, signature.
 * Source: AWS IAM user guide, "Create a signed AWS API request". Pure: the
 * time is an argument, nothing is read from outside. Knows no HTTP client.
 */
#ifndef GLC_SIGV4_H
#define GLC_SIGV4_H

#include <stdint.h>

#include "credentials.h"
#include "request.h"

#pragma GCC visibility push(hidden)

enum { GLC_SIGV4_DATE_SIZE = 17 /* 20120525T002453Z and a NUL */ };

struct glc_sigv4_scope {
  struct glc_bytes region;
  struct glc_bytes service;
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
