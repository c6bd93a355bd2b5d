/* What an engine waits for: the descriptors that libcurl wants watched. */
#include "watch.h"

#include <stdlib.h>

#include "transfer.h"

static bool reserve_watched(struct glc_http *http) {
  size_t capacity = http->watched_capacity * 2 + 8;
  struct glc_http_event *watched;

  if (http->watched_count < http->watched_capacity) {
    return true;
  }
  watched = realloc(http->watched, capacity * sizeof *watched);
  if (watched != NULL) {
    http->watched = watched;
    http->watched_capacity = capacity;
  }
  return watched != NULL;
}

/* Only notes what to watch: an event loop is never called from here. */
int watch_socket(CURL *easy, curl_socket_t fd, int what, void *context,
                     void *socket_context) {
  struct glc_http *http = context;
  struct glc_transfer *transfer = transfer_of(easy);
  size_t i;

  (void)socket_context;
  if (transfer != NULL && what != CURL_POLL_REMOVE) {
    transfer->fd = fd;
  } else if (transfer != NULL && transfer->fd == fd) {
    transfer_note_end(transfer);
    transfer->fd = -1;
  }
  for (i = 0; i < http->watched_count && http->watched[i].fd != fd; i++) {
  }
  if (what == CURL_POLL_REMOVE) {
    if (i < http->watched_count) {
      http->watched[i] = http->watched[--http->watched_count];
    }
    return 0;
  }
  if (i == http->watched_count) {
    if (!reserve_watched(http)) {
      /* Not -1: libcurl would keep a pointer to a handle that is freed. */
      http->unwatched = true;
      return 0;
    }
    http->watched_count++;
    http->watched[i].fd = fd;
  }
  http->watched[i].events = ((what & CURL_POLL_IN) ? GLC_HTTP_READ : 0) |
                            ((what & CURL_POLL_OUT) ? GLC_HTTP_WRITE : 0);
  return 0;
}

const struct glc_http_event *glc_http_fds(const struct glc_http *http,
                                          size_t *count) {
  *count = glc_http_forked(http) ? 0 : http->watched_count;
  return http->watched;
}
