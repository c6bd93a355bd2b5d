/* Bodies that go to a receiver as they arrive. */
#ifndef GLC_HTTP_RECEIVE_H
#define GLC_HTTP_RECEIVE_H

#include "state.h"

#pragma GCC visibility push(hidden)

/* How long a receiver that has no room, or is not settled, is left alone. */
enum { RECEIVE_PAUSE_MS = 1 };

/* From here on the body goes to this receiver. */
void receive_begin(struct glc_transfer *transfer,
                   const struct glc_receiver *receiver);

/* A step begins: what each of those with a receiver may bring in it. */
void receive_allow(struct surroundings *around);

/*
 * A piece from libcurl. False: there is no room for it, or the step has
 * brought enough, and libcurl is to keep it. A failure of the receiver's is
 * the transfer's error.
 */
bool receive_piece(struct glc_transfer *transfer, struct glc_bytes piece);

/* Whether a receiver that took no more has room, for a step to come at least. */
bool receive_may_go_on(const struct glc_transfer *transfer);

/*
 * Whether an ended transfer's bytes are where they belong; true without a
 * receiver. What failed is the transfer's error where it had none.
 */
bool receive_is_settled(struct glc_transfer *transfer);

/* Lets go of the receiver, if there is one. */
void receive_drop(struct glc_transfer *transfer);

#pragma GCC visibility pop

#endif
