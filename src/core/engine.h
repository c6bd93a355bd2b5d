/* The inside of an engine: for http.c and step.c only. */
#ifndef GLC_ENGINE_H
#define GLC_ENGINE_H

#include <curl/curl.h>

#include "http.h"
#include "owner.h"
#include "transfer.h"

#pragma GCC visibility push(hidden)

/* Easy handles kept for the next request; a new one costs more than a call. */
enum { MAX_IDLE = 8 };

struct glc_http {
  CURLM *multi;
  struct owner owner;
  struct glc_transfer *transfers; /* those on their way */
  size_t active;
  struct surroundings around;
  CURL *idle[MAX_IDLE];
  size_t idle_count;
  struct glc_http_event *watched; /* what libcurl wants watched */
  size_t watched_count;
  size_t watched_capacity;
  bool unwatched; /* there was no memory for one more in watched */
};

/*
 * GLC_CANCELLED in a forked child. Whatever reaches libcurl asks this first:
 * in a child it would take the parent's answers, or end its connections.
 */
enum glc_code engine_owned(const struct glc_http *http,
                           struct glc_error *error);

/* CURLMOPT_SOCKETFUNCTION, with the engine for its data. */
int engine_on_socket(CURL *easy, curl_socket_t fd, int what, void *http,
                     void *socket_context);

/* Takes a transfer that has ended off the engine, and fixes its outcome. */
void engine_finish(struct glc_transfer *transfer, CURLcode result);

/* The failure of a call of libcurl's. */
enum glc_code engine_failure(CURLMcode result, struct glc_error *error);

#pragma GCC visibility pop

#endif
