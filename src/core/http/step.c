/* What an engine does when something it waits for is there. */
#include <stdlib.h>

#include "../clock.h"
#include "../crypto.h"
#include "engine.h"
#include "kept_set.h"
#include "receive.h"
#include "transfer.h"

/* Kept connections that turn out to be of no use, for one request. */
enum { MOST_RESTARTS = 5 };

/* Of many descriptors that are ready, what one step sees to. */
enum { MOST_AT_ONCE = 128 };

size_t glc_http_active(const struct glc_http *http) {
  return http->active;
}

/* The first of our own time-outs; NULL: there is none. */
static const struct due *first_due(struct glc_http *http) {
  struct due_heap *dues = &http->around.dues;
  const struct due *first = due_first(dues);

  while (first != NULL) {
    const int64_t moment = transfer_due(first->item->transfer);

    if (moment == first->moment) {
      break;
    }
    due_set(dues, first->item, moment);
    first = due_first(dues);
  }
  return first;
}

/* Milliseconds until a receiver is to be looked at; -1: there is none. */
static int64_t receivers_timeout(const struct glc_http *http) {
  const struct glc_transfer *transfer = http->around.receiving;
  int64_t timeout = -1;

  while (transfer != NULL && timeout != 0) {
    if (receive_may_go_on(transfer)) {
      timeout = 0;
    } else if (transfer->stalled || transfer->settling) {
      timeout = RECEIVE_PAUSE_MS;
    }
    transfer = transfer->next_receiving;
  }
  return timeout;
}

static int64_t sooner(int64_t a, int64_t b) {
  return a < 0 || (b >= 0 && b < a) ? b : a;
}

static int64_t own_timeout(struct glc_http *http) {
  const struct due *first = first_due(http);
  int64_t timeout = -1;

  if (first != NULL) {
    timeout = first->moment - glc_clock_monotonic();
    timeout = timeout > 0 ? timeout : 0;
  }
  return sooner(timeout, receivers_timeout(http));
}

int64_t glc_http_timeout(struct glc_http *http) {
  int64_t own = own_timeout(http);
  long timeout = -1;

  if (glc_http_forked(http)) {
    return http->active > 0 ? 0 : -1; /* a step ends them */
  }
  /* Asked each time: a timer callback is not repeated where it is missed. */
  if (curl_multi_timeout(http->multi, &timeout) != CURLM_OK) {
    timeout = 0;
  }
  return sooner(timeout, own);
}

/* It was not sent, or may be again: it goes by a connection of its own. */
static bool restart(struct glc_transfer *transfer) {
  CURLM *multi = transfer->http->multi;
  CURL *easy = transfer->easy;

  if (transfer->restarts == MOST_RESTARTS) {
    glc_error_set(&transfer->error, GLC_CLOSED,
                  "no connection of its own for the request");
    return false;
  }
  transfer->restarts++;
  transfer->fresh = true;
  transfer->stale = false;
  transfer->handle->message[0] = '\0';
  (void)curl_multi_remove_handle(multi, easy);
  return curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L) == CURLE_OK &&
         curl_multi_add_handle(multi, easy) == CURLM_OK;
}

/* At its end once the receiver, if there is one, has done with it. */
static void end(struct glc_transfer *transfer, CURLcode result) {
  transfer->result = result;
  transfer->settling = !receive_is_settled(transfer);
  if (!transfer->settling) {
    engine_finish(transfer, result);
  }
}

/* Looks after those whose receiver had no room, or was not settled. */
static void look_after_receivers(struct glc_http *http) {
  struct glc_transfer *transfer = http->around.receiving;

  while (transfer != NULL) {
    struct glc_transfer *next = transfer->next_receiving;

    if (transfer->settling) {
      end(transfer, transfer->result);
    } else if (transfer->quota > 0 && receive_may_go_on(transfer)) {
      engine_resume(transfer);
    }
    transfer = next;
  }
}

static void harvest(struct glc_http *http) {
  CURLMsg *message;
  int left;

  while ((message = curl_multi_info_read(http->multi, &left)) != NULL) {
    if (message->msg == CURLMSG_DONE) {
      CURLcode result = message->data.result;
      struct glc_transfer *transfer = transfer_of(message->easy_handle);

      if (!transfer->stale || !restart(transfer)) {
        end(transfer, result);
      }
    }
  }
}

/* One that is due and was spared, as bytes have come, is due again soon. */
static void expire(struct glc_http *http) {
  const int64_t now = glc_clock_monotonic();
  const struct due *first = first_due(http);

  while (first != NULL && first->moment <= now) {
    struct glc_transfer *transfer = first->item->transfer;

    if (transfer_expire(transfer, now)) {
      engine_finish(transfer, CURLE_OPERATION_TIMEDOUT);
    } else {
      due_set(&http->around.dues, &transfer->due, now + 1);
    }
    first = due_first(&http->around.dues);
    /* One that is stored too early is no reason to go on. */
    first = first != NULL && first->moment <= now ? first_due(http) : NULL;
  }
}

static int curl_events(int events) {
  return ((events & GLC_HTTP_READ) ? CURL_CSELECT_IN : 0) |
         ((events & GLC_HTTP_WRITE) ? CURL_CSELECT_OUT : 0) |
         ((events & GLC_HTTP_ERROR) ? CURL_CSELECT_ERR : 0);
}

static CURLMcode act(struct glc_http *http, int fd, int events) {
  struct glc_transfer *transfer =
      (events & GLC_HTTP_READ) ? watch_transfer(&http->watch, fd) : NULL;
  int running = 0;

  if (transfer != NULL) {
    transfer_note_input(transfer, (events & GLC_HTTP_POLLED) != 0);
  }
  return curl_multi_socket_action(http->multi, fd, curl_events(events),
                                  &running);
}

/* What stands for many is asked which of them are ready. */
static CURLMcode act_on(struct glc_http *http,
                        const struct glc_http_event *event) {
  struct glc_http_event ready[MOST_AT_ONCE];
  CURLMcode result = CURLM_OK;
  size_t count, i;

  if (http->watch.kept.fd < 0 || event->fd != http->watch.kept.fd) {
    return act(http, event->fd, event->events);
  }
  count = kept_set_wait(event->fd, 0, ready, MOST_AT_ONCE);
  for (i = 0; result == CURLM_OK && i < count; i++) {
    result = act(http, ready[i].fd, ready[i].events);
  }
  return result;
}

/* Ends all transfers: none may hang, unwatched or unknown to libcurl. */
static void abandon(struct glc_http *http, const struct glc_error *error) {
  while (http->transfers != NULL) {
    struct glc_transfer *transfer = http->transfers;

    if (transfer->error.code == GLC_OK) {
      transfer->error = *error;
    }
    engine_finish(transfer, CURLE_ABORTED_BY_CALLBACK);
  }
  http->watch.has_failed = false;
}

/* What every step ends with: timers, then what has ended. */
static enum glc_code settle(struct glc_http *http, CURLMcode result,
                            struct glc_error *error) {
  struct glc_error failure = {GLC_OK, ""};

  look_after_receivers(http);
  if (result == CURLM_OK) {
    result = act(http, CURL_SOCKET_TIMEOUT, 0);
  }
  harvest(http);
  expire(http);
  watch_settle(&http->watch);
  if (result == CURLM_OK && http->watch.has_failed) {
    result = CURLM_OUT_OF_MEMORY;
  }
  if (result != CURLM_OK) {
    engine_failure(result, &failure);
    abandon(http, &failure);
    glc_error_set(error, failure.code, "%s", failure.message);
  }
  return failure.code;
}

enum glc_code glc_http_step(struct glc_http *http,
                            const struct glc_http_event *ready, size_t count,
                            struct glc_error *error) {
  struct glc_crypto_scope scope;
  struct glc_error failure = {GLC_OK, ""};
  CURLMcode result = CURLM_OK;
  size_t i;

  glc_crypto_enter(&scope);
  if (engine_owned(http, &failure) != GLC_OK) {
    abandon(http, &failure);
    glc_error_set(error, failure.code, "%s", failure.message);
  } else {
    receive_allow(&http->around);
    for (i = 0; result == CURLM_OK && i < count; i++) {
      result = act_on(http, &ready[i]);
    }
    failure.code = settle(http, result, error);
  }
  glc_crypto_leave(&scope);
  return failure.code;
}
