/* The inside of a transfer: what the files of this folder know of it. */
#ifndef GLC_HTTP_STATE_H
#define GLC_HTTP_STATE_H

#include <curl/curl.h>

#include "due.h"
#include "easy.h"
#include "fields.h"
#include "../receiver.h"
#include "message.h"
#include "socket.h"
#include "speed.h"
#include "trust.h"

#pragma GCC visibility push(hidden)

/*
 * What the transfers of an engine share; it outlives their being on it. In
 * lists of some of them each knows what points to it, so that it can leave.
 */
struct surroundings {
  struct socket_set sockets;
  struct trusted_file *trusted;
  struct due_heap dues;
  struct glc_transfer *receiving; /* those with a receiver */
  size_t receivers;               /* how many they are */
  struct glc_transfer *news;      /* those that have something to tell */
  struct libcurl libcurl;
};

/* How the request gets to its server, as far as the engine was told. */
enum route {
  ROUTE_DIRECT, /* or by a proxy of libcurl's own choice */
  ROUTE_PROXY,  /* to a proxy, in plain */
  ROUTE_TUNNEL, /* by CONNECT: the proxy answers before the server does */
  ROUTE_SOCKS   /* libcurl does not tell when this one stands */
};

struct glc_transfer {
  /* NULL once the transfer has ended; then handle and easy are NULL too. */
  struct glc_http *http;
  struct easy_handle *handle;
  CURL *easy; /* the handle's */
  struct glc_transfer *next;
  struct glc_transfer **link; /* what points here: head or a next */
  struct glc_transfer *next_news;
  struct glc_transfer **news_link; /* NULL: there is nothing to tell */
  struct glc_transfer *next_receiving;
  struct glc_transfer **receiving_link; /* NULL: it has no receiver */
  double number;                        /* no other of the engine has it */

  int fd; /* what libcurl watches for this transfer; -1: nothing */
  struct surroundings *around;
  struct fields fields;
  struct glc_buffer upload; /* the request's body */
  enum route route;
  char *proxy; /* scheme, host and port: nothing secret; NULL: none is known */
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
  struct glc_receiver receiver; /* its context is NULL: none */
  bool stalled;           /* the receiver takes no more for now */
  size_t quota;           /* what it may take in this step yet, about */
  bool settling;          /* ended, but for what the receiver still has */
  CURLcode result;        /* of a transfer that is settling */
  int status;

  int64_t read_timeout;
  int64_t last_byte; /* when a byte last came or went; -1: not sent yet */
  struct speed speed; /* of the body */
  int64_t deadline;  /* -1: none */
  struct due_item due;

  /* Something was set for this request that is not set for each. */
  bool odd;
  bool done;
  struct glc_error error; /* set by a callback before libcurl's own */
};

#pragma GCC visibility pop

#endif
