/* The inside of a transfer: for the engine (http.c) and transfer.c only. */
#ifndef GLC_TRANSFER_H
#define GLC_TRANSFER_H

#include <curl/curl.h>

#include "http.h"

/* The descriptor of a connection, known by its local port. */
struct known_socket {
  int port;
  int fd;
};

/* More connections than these at once, and some are not known. */
enum { KNOWN_SOCKETS = 64 };

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
  struct known_socket *sockets; /* the engine's, by port */
  int local_port;
  struct curl_slist *fields;
  enum route route;
  char proxy[PROXY_NAME_SIZE]; /* scheme, host and port: nothing secret */
  bool at_proxy;               /* the failure is the proxy's */
  struct glc_http_sink sink;
  bool repeatable;      /* the method may be sent twice (RFC 9110 9.2.2) */
  unsigned requests;    /* how often libcurl began to send the request */
  bool stale; /* not sent: its kept-alive connection is of no more use */
  curl_off_t uploaded;

  struct glc_buffer head; /* of the last response seen: lines with CRLF */
  size_t head_bytes;      /* of all heads, interim ones and trailers too */
  size_t max_head_bytes;
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
struct glc_transfer *transfer_new(CURL *easy,
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

/*
 * The code for a failure, GLC_PROXY where it is the proxy's; notes whether it
 * is. The easy handle must still be there.
 */
enum glc_code transfer_blame(struct glc_transfer *transfer, CURLcode result,
                             enum glc_code code);

/* Leads what libcurl reports into the transfer. */
CURLcode transfer_set_callbacks(struct glc_transfer *transfer);

/*
 * Fixes the outcome from what libcurl says. The easy handle must be out of
 * its multi handle; it is given back to the caller.
 */
CURL *transfer_end(struct glc_transfer *transfer, CURLcode result);

/* Sets the transfer's error from libcurl's result, unless it has one. */
void transfer_judge(struct glc_transfer *transfer, CURLcode result);

/*
 * Notes that bytes have come, if they have: libcurl tells of a head's lines
 * only when they are whole.
 */
void transfer_note_input(struct glc_transfer *transfer);

/* The first moment at which a time-out of this transfer is due; -1: never. */
int64_t transfer_due(const struct glc_transfer *transfer);

/* Sets the error of a time-out that is due at `now`; false: none is. */
bool transfer_expire(struct glc_transfer *transfer, int64_t now);

#endif
