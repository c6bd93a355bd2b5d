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

#include "buffer.h"
#include "clock.h"
#include "error.h"

#pragma GCC visibility push(hidden)

enum {
  GLC_HTTP_READ = 1,
  GLC_HTTP_WRITE = 2,
  GLC_HTTP_ERROR = 4 /* in what is ready only */
};

/* A descriptor and what it is watched for, or ready for. */
struct glc_http_event {
  int fd;
  int events;
};

/*
 * Where a response's body goes: called with each piece as it arrives, before
 * step returns. False stops the transfer with GLC_TOO_LARGE or, where
 * `error` was set, with that. `context` outlives the transfer.
 */
struct glc_http_sink {
  bool (*write)(void *context, struct glc_bytes piece,
                struct glc_error *error);
  void *context;
};

/* All of it is copied by glc_http_start, but for the sink's context. */
struct glc_http_request {
  struct glc_bytes method;
  struct glc_bytes url; /* http or https, already percent-encoded */
  /* As they are sent, Host included; the engine frames the body itself. */
  const struct glc_header *headers;
  size_t header_count;
  struct glc_bytes body;
  bool insecure;              /* true: the peer's certificate is not checked */
  bool tcp_keepalive;         /* probes on a connection that is silent */
  bool fresh_connection;      /* not over one that is kept */
  /*
   * A body in a coding that libcurl knows (gzip, deflate) is decoded, unless
   * this is set. One in another coding stays as it is, as all do where libcurl
   * lacks zlib.
   */
  bool raw_body;
  bool secret_body; /* bodies, both ways, are wiped when they are freed */
  struct glc_bytes ca_bundle; /* path of a PEM file; empty: the system's */
  /*
   * A proxy's URL, whatever no_proxy says; empty: none. NULL: libcurl reads
   * the usual variables of the environment, and its failures may not be told
   * from the server's.
   */
  const struct glc_bytes *proxy;
  /* Milliseconds; 0 is none. */
  int64_t connect_timeout; /* for name, connection and TLS together */
  int64_t read_timeout;    /* without a byte in either direction */
  int64_t timeout;         /* for all of it */
  size_t max_header_bytes; /* of all response heads together */
  size_t max_body_bytes;   /* of a body kept in memory, decoded */
  const struct glc_http_sink *sink; /* NULL: the body is kept in memory */
  /*
   * Without a sink: the body is handed out in pieces, by glc_transfer_held and
   * glc_transfer_resume. Once one holds this many bytes, no more are received
   * until it has been taken. 0: the body is kept as a whole.
   */
  size_t piece_bytes;
};

/* An engine: a set of transfers and the connections they share. */
struct glc_http;

/* One request on its way, then its response. */
struct glc_transfer;

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
 */
const struct glc_http_event *glc_http_fds(const struct glc_http *http,
                                          size_t *count);

/* Milliseconds until step wants to be called at the latest; -1: no limit. */
int64_t glc_http_timeout(const struct glc_http *http);

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

/* How many transfers are on their way. */
size_t glc_http_active(const struct glc_http *http);

/* Ends a transfer as GLC_CANCELLED, if it has not ended. */
void glc_transfer_cancel(struct glc_transfer *transfer);

/* Cancels and frees. */
void glc_transfer_free(struct glc_transfer *transfer);

/* Whether the transfer has ended, well or not. */
bool glc_transfer_done(const struct glc_transfer *transfer);

/* GLC_OK for a whole response of any status, or how it failed. */
enum glc_code glc_transfer_result(const struct glc_transfer *transfer,
                                  struct glc_error *error);

/*
 * The proxy that a transfer failed at, before it got to the server: scheme,
 * host and port. Empty where it failed elsewhere.
 */
struct glc_bytes glc_transfer_proxy(const struct glc_transfer *transfer);

/*
 * Whether anything of the request may have reached the server: false only
 * where certainly nothing was sent.
 */
bool glc_transfer_sent(const struct glc_transfer *transfer);

/*
 * Whether the request went last over a connection that was kept from an
 * earlier one: where it was lost there, a fresh one may fare better.
 */
bool glc_transfer_reused(const struct glc_transfer *transfer);

/*
 * Of a response: the status code and the reason phrase, from when its head is
 * there; the body in memory.
 */
int glc_transfer_status(const struct glc_transfer *transfer);
struct glc_bytes glc_transfer_reason(const struct glc_transfer *transfer);
struct glc_bytes glc_transfer_body(const struct glc_transfer *transfer);

/*
 * What has come of a body that is handed out in pieces and was not taken yet;
 * borrowed until glc_transfer_resume or the next step.
 */
struct glc_bytes glc_transfer_held(const struct glc_transfer *transfer);

/* Whether nothing more comes before a piece is taken. */
bool glc_transfer_paused(const struct glc_transfer *transfer);

/* Drops the piece that was taken, and lets more come. */
void glc_transfer_resume(struct glc_transfer *transfer);

/* Whether the head of the final response is there. */
bool glc_transfer_has_head(const struct glc_transfer *transfer);

/*
 * The response's header fields one by one: *cursor is 0 at first. False after
 * the last. Values come without the space around them.
 */
bool glc_transfer_header(const struct glc_transfer *transfer, size_t *cursor,
                         struct glc_header *header);

#pragma GCC visibility pop

#endif
