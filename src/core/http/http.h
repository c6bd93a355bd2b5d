/*
 * HTTP/1.1 on libcurl's multi interface. The engine never blocks by itself,
 * starts no thread of its own and calls nobody back: an event loop asks what
 * it waits for (fds, timeout), waits as it likes, and calls step. Not for two
 * threads at a time; any number of engines may live in any threads.
 */
#ifndef GLC_HTTP_H
#define GLC_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../receiver.h"
#include "event.h"
#include "message.h"

#pragma GCC visibility push(hidden)

/* An engine: a set of transfers and the connections they share. */
struct glc_http;

struct glc_http *glc_http_open(struct glc_error *error);

/*
 * Whether this process is a child of the one that opened the engine. The
 * connections are the parent's then: what is on its way ends as GLC_CANCELLED
 * with the next step, wait or close, and nothing more can be started.
 */
bool glc_http_forked(const struct glc_http *http);

/*
 * Transfers still on their way end as GLC_CANCELLED; they stay readable. In a
 * forked child this ends the child's copies of the connections only.
 */
void glc_http_close(struct glc_http *http);

/*
 * Starts a request; nothing is sent before the next step. NULL where the
 * request cannot be sent as it is (GLC_INVALID) or there is no memory.
 */
struct glc_transfer *glc_http_start(struct glc_http *http,
                                    const struct glc_http_request *request,
                                    struct glc_error *error);

/*
 * What the engine waits for; borrowed until the next step, start or cancel.
 * Where that is much it may be one descriptor that stands for all: it is
 * ready to be read while any of them is ready.
 */
const struct glc_http_event *glc_http_fds(const struct glc_http *http,
                                          size_t *count);

/* Milliseconds until step wants to be called at the latest; -1: no limit. */
int64_t glc_http_timeout(struct glc_http *http);

/*
 * Does all that can be done now, given what is ready (none: only timers).
 * Never blocks. A failure is one of the engine: it ends all its transfers;
 * the engine may be used for others.
 */
enum glc_code glc_http_step(struct glc_http *http,
                            const struct glc_http_event *ready, size_t count,
                            struct glc_error *error);

/*
 * Blocks in poll() until there is something to do, but for `timeout`
 * milliseconds at the most (-1: no limit), and steps. Without a limit
 * and with nothing on its way it does not block.
 */
enum glc_code glc_http_wait(struct glc_http *http, int64_t timeout,
                            struct glc_error *error);

/*
 * The number of a transfer that has ended since this was asked, or of whose
 * body a piece is there to be taken; each is told once. 0: there is none, of
 * those that were not freed.
 */
double glc_http_news(struct glc_http *http);

/* The number that news tells; no other transfer of the engine has it. */
double glc_transfer_number(const struct glc_transfer *transfer);

/* How many transfers are on their way. */
size_t glc_http_active(const struct glc_http *http);

/* Drops the piece that was taken, and lets more come. */
void glc_transfer_resume(struct glc_transfer *transfer);

/*
 * From here on the body of a response that is handed out in pieces goes to
 * the receiver, beginning with the piece that is held: straight from where
 * libcurl has it, in glc_http_step. While there is no room for it no more is
 * received; the transfer has ended when all is where it belongs. What the
 * receiver fails with ends the transfer, and is its failure. The receiver is
 * the transfer's, to be dropped with its end, in any case.
 */
enum glc_code glc_transfer_receive(struct glc_transfer *transfer,
                                   const struct glc_receiver *receiver,
                                   struct glc_error *error);

/* Ends a transfer as GLC_CANCELLED, if it has not ended. */
void glc_transfer_cancel(struct glc_transfer *transfer);

/* Cancels and frees. */
void glc_transfer_free(struct glc_transfer *transfer);

#pragma GCC visibility pop

#endif
