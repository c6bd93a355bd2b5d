/* A request as Signature Version 4 sees it. */
#ifndef GLC_SIGV4_REQUEST_H
#define GLC_SIGV4_REQUEST_H

#include <stdbool.h>

#include "../buffer.h"

#pragma GCC visibility push(hidden)

/* Headers, and query parameters. */
enum { GLC_SIGV4_MAX_FIELDS = 128 };

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

#pragma GCC visibility pop

#endif
