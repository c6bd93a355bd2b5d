/* The proxy that a transfer goes through, and its share in a failure. */
#ifndef GLC_HTTP_PROXY_H
#define GLC_HTTP_PROXY_H

#include "state.h"

#pragma GCC visibility push(hidden)

/*
 * Notes which proxy the transfer goes through, for a URL of https (`secure`)
 * or http. GLC_INVALID for one that libcurl could not read, or would leave
 * out silently.
 */
enum glc_code proxy_read(struct glc_transfer *transfer,
                                  const char *text, bool secure,
                                  struct glc_error *error);

/* Notes a line of a proxy's answer to CONNECT. */
void proxy_note_tunnel(struct glc_transfer *transfer,
                          struct glc_bytes line);

/*
 * The code for a failure, GLC_PROXY where it is the proxy's; notes whether it
 * is. The easy handle must still be there.
 */
enum glc_code proxy_blame(struct glc_transfer *transfer,
                             enum glc_code code);

#pragma GCC visibility pop

#endif
