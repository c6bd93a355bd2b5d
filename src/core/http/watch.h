/* The descriptors that an engine waits for. */
#ifndef GLC_HTTP_WATCH_H
#define GLC_HTTP_WATCH_H

#include <curl/curl.h>

#include "event.h"
#include "index.h"

#pragma GCC visibility push(hidden)

/* A few are told one by one; for more there is a kept set, if at all. */
enum { WATCH_FEW = 32, WATCH_FEW_AGAIN = WATCH_FEW / 2 };

/* What libcurl wants watched. Zeroed, it is empty, but for `kept`: -1. */
struct watch {
  struct glc_http_event *events;
  struct glc_transfer **transfers; /* those they are watched for, or NULL */
  size_t count;
  size_t capacity;
  struct index by_fd;
  struct glc_http_event kept; /* the kept set's own; fd is -1: none is used */
  bool has_no_kept;           /* it failed: it is not tried again */
  bool has_failed;            /* there was no memory for one more */
};

void watch_init(struct watch *watch);
void watch_free(struct watch *watch);

/* CURLMOPT_SOCKETFUNCTION, with the watch for its data. */
int watch_socket(CURL *easy, curl_socket_t fd, int what, void *watch,
                 void *socket_context);

/* The transfer that a descriptor is watched for; NULL: none. */
struct glc_transfer *watch_transfer(const struct watch *watch, int fd);

/* A transfer is gone, whatever libcurl has said. */
void watch_forget(struct watch *watch, const struct glc_transfer *transfer,
                  int fd);

/* At the end of a step: from here on few are watched, or many. */
void watch_settle(struct watch *watch);

/* What a host waits for. */
const struct glc_http_event *watch_events(const struct watch *watch,
                                          size_t *count);

#pragma GCC visibility pop

#endif
