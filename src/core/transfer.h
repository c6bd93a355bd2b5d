/* The inside of a transfer: for the engine (http.c) and transfer.c only. */
#ifndef GLC_TRANSFER_H
#define GLC_TRANSFER_H

#include <curl/curl.h>

#include "fields.h"
#include "http.h"
#include "socket.h"
#include "trust.h"

#pragma GCC visibility push(hidden)

/* What the transfers of an engine share; it outlives them. */
struct surroundings {
  struct socket_set sockets;
  struct trusted_file *trusted;
  /* Of libcurl, asked once: that takes longer than setting up a request. */
  int features;
  const char *ca_info;
  const char *ca_path;
};

/* How the request gets to its server, as far as the engine was told. */
enum route {
  ROUTE_DIRECT, /* or by a proxy of libcurl's own choice */
  ROUTE_PROXY,  /* to a proxy, in plain */
  ROUTE_TUNNEL, /* by CONNECT: the proxy answers before the server does */
  ROUTE_SOCKS   /* libcurl does not tell when this one stands */
};

/* A host name has 255 bytes at the most. */
enum { PROXY_NAME_SIZE = 320 };

struct glc_transfer {
  /* NULL once the transfer has ended; then easy is NULL too. */
  struct glc_http *http;
  CURL *easy;
  struct glc_transfer *next;
  struct glc_transfer **link; /* what points here: head or a next */

  int fd; /* what libcurl watches for this transfer; -1: nothing */
  struct surroundings *around;
  struct fields fields;
  struct glc_buffer upload; /* the request's body */
  enum route route;
  char proxy[PROXY_NAME_SIZE]; /* scheme, host and port: nothing secret */
  bool proxy_known; /* the request says by which one, or by none */
  bool at_proxy;    /* the failure is the proxy's */
  struct glc_http_sink sink;
  bool repeatable;      /* the method may be sent twice (RFC 9110 9.2.2) */
  bool bodiless;        /* HEAD: a response's length is not of a body */
  bool fresh;           /* only a new connection will do */
  unsigned requests;    /* how often libcurl began to send the request */
  unsigned restarts;    /* how often it was given another connection */
  bool opened;          /* it has had a socket */
  bool stale; /* not sent: its kept-alive connection is of no more use */
  bool reused; /* the last request went over a kept-alive connection */
  curl_off_t uploaded;

  /* Where the connection of now stands. */
  bool asked;    /* the request is being sent: what comes is its response */
  bool tunnelled; /* the proxy's answer to CONNECT is whole, and good */
  int64_t tunnel_bytes; /* what had come by then */
  bool silent;    /* it ended, and the peer had not said a word in TLS */

  struct glc_buffer head; /* of the last response seen: lines with CRLF */
  size_t head_bytes;      /* of all heads, interim ones and trailers too */
  size_t max_head_bytes;
  bool head_open;         /* the last line was none that ends a head */
  bool head_complete;
  struct glc_buffer body;
  struct glc_buffer held; /* of a body in pieces: what was not taken yet */
  size_t piece_bytes;     /* 0: the body is not handed out in pieces */
  bool paused;            /* until `held` is taken */
  int status;

  int64_t read_timeout;
  int64_t last_byte; /* when a byte last came or went; -1: not sent yet */
  int64_t deadline;  /* -1: none */

  bool done;
  struct glc_error error; /* set by a callback before libcurl's own */
  char message[CURL_ERROR_SIZE];
};

/*
 * A transfer with its easy handle set up from the request; `easy` is the
 * transfer's from here on, and freed where it fails.
 */
struct glc_transfer *transfer_new(CURL *easy, struct surroundings *around,
                                  const struct glc_http_request *request,
                                  struct glc_error *error);

/* Says what the request asks for in the easy handle's options. */
enum glc_code transfer_set_up(struct glc_transfer *transfer,
                              const struct glc_http_request *request,
                              struct glc_error *error);

/*
 * Notes which proxy the transfer goes through, for a URL of https (`secure`)
 * or http. GLC_INVALID for one that libcurl could not read, or would leave
 * out silently.
 */
enum glc_code transfer_read_proxy(struct glc_transfer *transfer,
                                  const char *text, bool secure,
                                  struct glc_error *error);

/* Notes a line of a proxy's answer to CONNECT. */
void transfer_note_tunnel(struct glc_transfer *transfer,
                          struct glc_bytes line);

/*
 * The body's length as the head, which is complete, tells it on the wire:
 * false where it tells none.
 */
bool transfer_body_length(const struct glc_transfer *transfer,
                          size_t *length);

/* Whether libcurl can decode all codings that the head names. */
bool transfer_is_decodable(const struct glc_transfer *transfer);

/*
 * The code for a failure, GLC_PROXY where it is the proxy's; notes whether it
 * is. The easy handle must still be there.
 */
enum glc_code transfer_blame(struct glc_transfer *transfer,
                             enum glc_code code);

/* Leads what libcurl reports into the transfer. */
CURLcode transfer_set_callbacks(struct glc_transfer *transfer);

/*
 * Fixes the outcome from what libcurl says. The easy handle must be out of
 * its multi handle; it is given back to the caller.
 */
CURL *transfer_end(struct glc_transfer *transfer, CURLcode result);

/* Wipes and frees what libcurl had borrowed; it must have let go of it. */
void transfer_drop_request(struct glc_transfer *transfer);

/* Sets the transfer's error from libcurl's result, unless it has one. */
void transfer_judge(struct glc_transfer *transfer, CURLcode result);

/*
 * Notes that bytes have come, if they have: libcurl tells of a head's lines
 * only when they are whole. To be called before libcurl reads them.
 */
void transfer_note_input(struct glc_transfer *transfer);

/* Notes what a connection has brought: before libcurl closes its socket. */
void transfer_note_end(struct glc_transfer *transfer);

/* The first moment at which a time-out of this transfer is due; -1: never. */
int64_t transfer_due(const struct glc_transfer *transfer);

/* Sets the error of a time-out that is due at `now`; false: none is. */
bool transfer_expire(struct glc_transfer *transfer, int64_t now);

#pragma GCC visibility pop

#endif
