/* What a response says, and what a transfer that has ended comes to. */
#ifndef GLC_HTTP_RESPONSE_H
#define GLC_HTTP_RESPONSE_H

#include "state.h"

#pragma GCC visibility push(hidden)

/*
 * The body's length as the head, which is complete, tells it on the wire:
 * false where it tells none.
 */
bool response_body_length(const struct glc_transfer *transfer,
                          size_t *length);

/* Whether libcurl can decode all codings that the head names. */
bool response_is_decodable(const struct glc_transfer *transfer);

/* Sets the transfer's error from libcurl's result, unless it has one. */
void response_judge(struct glc_transfer *transfer, CURLcode result);

#pragma GCC visibility pop

#endif
