/* The blocking driver of the engine: poll(), on nothing but its public side. */
#define _POSIX_C_SOURCE 200809L /* poll */

#include <limits.h>
#include <poll.h>
#include <stdlib.h>

#include "http.h"

/* As many descriptors are waited for without asking for memory. */
enum { FEW = 32 };

static int poll_timeout(struct glc_http *http, int64_t limit) {
  int64_t timeout = glc_http_timeout(http);

  if (timeout < 0 || (limit >= 0 && limit < timeout)) {
    timeout = limit;
  }
  /* With nothing on its way nothing would end the wait. */
  if (timeout < 0 && glc_http_active(http) == 0) {
    timeout = 0;
  }
  return timeout > INT_MAX ? INT_MAX : (int)timeout;
}

static short poll_events(int events) {
  return (short)(((events & GLC_HTTP_READ) ? POLLIN : 0) |
                 ((events & GLC_HTTP_WRITE) ? POLLOUT : 0));
}

static int ready_events(short events) {
  /* At an end that is in no good order nothing may have come. */
  return ((events & (POLLIN | POLLERR | POLLHUP)) == POLLIN
              ? GLC_HTTP_POLLED
              : 0) |
         ((events & POLLIN) ? GLC_HTTP_READ : 0) |
         ((events & POLLOUT) ? GLC_HTTP_WRITE : 0) |
         ((events & (POLLERR | POLLHUP | POLLNVAL))
              ? GLC_HTTP_READ | GLC_HTTP_WRITE | GLC_HTTP_ERROR
              : 0);
}

/* Polls what `polled` has room for and writes down what is ready. */
static size_t poll_all(struct glc_http *http, int64_t limit,
                       struct pollfd *polled, struct glc_http_event *ready) {
  size_t count, i, found = 0;
  const struct glc_http_event *watched = glc_http_fds(http, &count);
  const int timeout = poll_timeout(http, limit);

  for (i = 0; i < count; i++) {
    polled[i].fd = watched[i].fd;
    polled[i].events = poll_events(watched[i].events);
    polled[i].revents = 0;
  }
  /* Interrupted by a signal is as good as nothing ready: the host decides. */
  if (count > 0 || timeout != 0) {
    (void)poll(polled, (nfds_t)count, timeout);
  }
  for (i = 0; i < count; i++) {
    if (polled[i].revents != 0) {
      ready[found].fd = polled[i].fd;
      ready[found].events = ready_events(polled[i].revents);
      found++;
    }
  }
  return found;
}

enum glc_code glc_http_wait(struct glc_http *http, int64_t timeout,
                            struct glc_error *error) {
  struct pollfd few_polled[FEW];
  struct glc_http_event few_ready[FEW];
  struct pollfd *polled = few_polled;
  struct glc_http_event *ready = few_ready;
  enum glc_code code;
  size_t count;

  if (glc_http_forked(http)) {
    return glc_http_step(http, NULL, 0, error); /* there is nothing to wait for */
  }
  (void)glc_http_fds(http, &count);
  if (count > FEW) {
    polled = malloc(count * sizeof *polled);
    ready = malloc(count * sizeof *ready);
  }
  if (polled == NULL || ready == NULL) {
    code = glc_error_set(error, GLC_NO_MEMORY, "no memory to wait");
  } else {
    count = poll_all(http, timeout, polled, ready);
    code = glc_http_step(http, ready, count, error);
  }
  if (polled != few_polled) {
    free(polled);
    free(ready);
  }
  return code;
}
