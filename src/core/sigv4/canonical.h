/* The canonical request of Signature Version 4: for the signer only. */
#ifndef GLC_CANONICAL_H
#define GLC_CANONICAL_H

#include "../digest.h"
#include "request.h"

#pragma GCC visibility push(hidden)

/* In canonical.scratch, which has room for all beforehand, or borrowed. */
struct field {
  struct glc_bytes name;
  struct glc_bytes value;
};

struct canonical {
  struct glc_buffer request;
  struct glc_buffer signed_headers;
  struct glc_buffer scratch;
  struct field fields[GLC_SIGV4_MAX_FIELDS];
  size_t field_count;
};

void canonical_init(struct canonical *canonical);
void canonical_free(struct canonical *canonical);

/*
 * Writes canonical->request and canonical->signed_headers. `date` and, unless
 * empty, `token` become headers; `payload_hash` is SHA-256 of the body.
 */
enum glc_code
canonical_write(struct canonical *canonical,
                const struct glc_sigv4_request *request, struct glc_bytes date,
                struct glc_bytes token,
                const unsigned char payload_hash[GLC_SHA256_SIZE],
                struct glc_error *error);

#pragma GCC visibility pop

#endif
