/* A request, and what can be asked of it and of its response on their way. */
#ifndef GLC_HTTP_MESSAGE_H
#define GLC_HTTP_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../buffer.h"
#include "../error.h"

#pragma GCC visibility push(hidden)

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
  /*
   * A body that brings fewer bytes a second than this, for so many
   * milliseconds, ends the transfer with GLC_READ_TIMEOUT. The time that
   * passes while nobody takes a piece does not count. 0 is no limit.
   */
  size_t low_speed_limit;
  int64_t low_speed_time;
  size_t max_header_bytes; /* of all response heads together */
  size_t max_body_bytes;   /* of a body kept in memory, decoded */
  const struct glc_http_sink *sink; /* NULL: the body is kept in memory */
  /*
   * Without a sink: the body is handed out in pieces, by glc_transfer_held and
   * glc_transfer_resume. Once one holds this many bytes, no more are received
   * until it has been taken. 0: the body is kept as a whole.
   */
  size_t piece_bytes;
  /* Of such a body as much is received at once, at the most; 0: 256 KiB. */
  size_t buffer_bytes;
};

/* One request on its way, then its response. */
struct glc_transfer;

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
