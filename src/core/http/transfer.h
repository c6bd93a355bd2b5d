/* A transfer: its limits, and what libcurl tells of it. */
#ifndef GLC_HTTP_TRANSFER_H
#define GLC_HTTP_TRANSFER_H

#include "state.h"

#pragma GCC visibility push(hidden)

/*
 * A transfer with the request's limits, to which the handle reports all that
 * comes; the handle is the transfer's from here on, and freed where it fails.
 */
struct glc_transfer *transfer_new(struct easy_handle *handle,
                                  struct surroundings *around,
                                  const struct glc_http_request *request,
                                  struct glc_error *error);

/* The transfer that an easy handle is used for; NULL: for none. */
struct glc_transfer *transfer_of(CURL *easy);

/*
 * Fixes the outcome from what libcurl says. The easy handle must be out of
 * its multi handle; it is the caller's then.
 */
void transfer_end(struct glc_transfer *transfer, CURLcode result);

/* Wipes and frees what libcurl had borrowed; it must have let go of it. */
void transfer_drop_request(struct glc_transfer *transfer);

/* Notes that a byte has come, or gone. */
void transfer_touch(struct glc_transfer *transfer);

/*
 * Notes that bytes have come, if they have: libcurl tells of a head's lines
 * only when they are whole. To be called before libcurl reads them. `is_known`:
 * the system has said so just now; otherwise it is asked.
 */
void transfer_note_input(struct glc_transfer *transfer, bool is_known);

/* Notes what a connection has brought: before libcurl closes its socket. */
void transfer_note_end(struct glc_transfer *transfer);

/*
 * A time-out may have come nearer. Whatever sets one that was not there, or
 * lets one count again, says so.
 */
void transfer_note_due(struct glc_transfer *transfer);

/* There is something to tell of it: an end, or a piece to be taken. */
void transfer_tell(struct glc_transfer *transfer);

/* It is told, or nobody is left to be told. */
void transfer_told(struct glc_transfer *transfer);

/* The first moment at which a time-out of this transfer is due; -1: never. */
int64_t transfer_due(const struct glc_transfer *transfer);

/* Sets the error of a time-out that is due at `now`; false: none is. */
bool transfer_expire(struct glc_transfer *transfer, int64_t now);

#pragma GCC visibility pop

#endif
