/* What an engine does when something it waits for is there. */
#include <stdlib.h>

#include "../clock.h"
#include "../crypto.h"
#include "engine.h"
#include "receive.h"
#include "transfer.h"

/* Kept connections that turn out to be of no use, for one request. */
enum { MOST_RESTARTS = 5 };

size_t glc_http_active(const struct glc_http *http) {
  return http->active;
}

/* The time left until the first of our own time-outs; -1: there is none. */
static int64_t own_timeout(const struct glc_http *http) {
  const struct glc_transfer *transfer;
  int64_t first = -1;
  bool waits = false;

  for (transfer = http->transfers; transfer != NULL;
       transfer = transfer->next) {
    int64_t due = transfer_due(transfer);

    if (due >= 0 && (first < 0 || due < first)) {
      first = due;
    }
    if (receive_may_go_on(transfer)) {
      return 0;
    }
    waits = waits || transfer->stalled || transfer->settling;
  }
  if (first >= 0) {
    first -= glc_clock_monotonic();
    first = first > 0 ? first : 0;
  }
  return waits && (first < 0 || first > RECEIVE_PAUSE_MS) ? RECEIVE_PAUSE_MS
                                                          : first;
}

int64_t glc_http_timeout(const struct glc_http *http) {
  int64_t own = own_timeout(http);
  long timeout = -1;

  if (glc_http_forked(http)) {
    return http->active > 0 ? 0 : -1; /* a step ends them */
  }
  /* Asked each time: a timer callback is not repeated where it is missed. */
  if (curl_multi_timeout(http->multi, &timeout) != CURLM_OK) {
    timeout = 0;
  }
  return timeout < 0 || (own >= 0 && own < timeout) ? own : timeout;
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
  struct glc_transfer *transfer = http->transfers;

  while (transfer != NULL) {
    struct glc_transfer *next = transfer->next;

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

static void expire(struct glc_http *http) {
  struct glc_transfer *transfer = http->transfers;
  int64_t now = glc_clock_monotonic();

  while (transfer != NULL) {
    struct glc_transfer *next = transfer->next;

    if (transfer_expire(transfer, now)) {
      engine_finish(transfer, CURLE_OPERATION_TIMEDOUT);
    }
    transfer = next;
  }
}

static int curl_events(int events) {
  return ((events & GLC_HTTP_READ) ? CURL_CSELECT_IN : 0) |
         ((events & GLC_HTTP_WRITE) ? CURL_CSELECT_OUT : 0) |
         ((events & GLC_HTTP_ERROR) ? CURL_CSELECT_ERR : 0);
}

static CURLMcode act(struct glc_http *http, int fd, int events) {
  struct glc_transfer *transfer;
  int running = 0;

  for (transfer = (events & GLC_HTTP_READ) ? http->transfers : NULL;
       transfer != NULL; transfer = transfer->next) {
    if (transfer->fd == fd) {
      transfer_note_input(transfer, (events & GLC_HTTP_POLLED) != 0);
    }
  }
  return curl_multi_socket_action(http->multi, fd, curl_events(events),
                                  &running);
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
  http->unwatched = false;
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
  if (result == CURLM_OK && http->unwatched) {
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
    receive_allow(http->transfers, http->active);
    for (i = 0; result == CURLM_OK && i < count; i++) {
      result = act(http, ready[i].fd, ready[i].events);
    }
    failure.code = settle(http, result, error);
  }
  glc_crypto_leave(&scope);
  return failure.code;
}
