#define _POSIX_C_SOURCE 200809L /* getpid */

#include "http.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "transfer.h"

/* Easy handles kept for the next request; a new one costs more than a call. */
enum { MAX_IDLE = 8 };

struct glc_http {
  CURLM *multi;
  pid_t owner;
  struct glc_transfer *transfers; /* those on their way */
  size_t active;
  struct known_socket sockets[KNOWN_SOCKETS];
  CURL *idle[MAX_IDLE];
  size_t idle_count;
  struct glc_http_event *watched; /* what libcurl wants watched */
  size_t watched_count;
  size_t watched_capacity;
  bool unwatched; /* there was no memory for one more in watched */
};

/* Write-once: libcurl's own global state, for the whole process. */
static pthread_once_t global_once = PTHREAD_ONCE_INIT;
static CURLcode global_result;

static void init_global(void) {
  global_result = curl_global_init(CURL_GLOBAL_DEFAULT);
}

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

static struct glc_transfer *transfer_of(CURL *easy) {
  char *transfer = NULL;

  curl_easy_getinfo(easy, CURLINFO_PRIVATE, &transfer);
  return (struct glc_transfer *)(void *)transfer;
}

/* Only notes what to watch: an event loop is never called from here. */
static int on_socket(CURL *easy, curl_socket_t fd, int what, void *context,
                     void *socket_context) {
  struct glc_http *http = context;
  struct glc_transfer *transfer = transfer_of(easy);
  size_t i;

  (void)socket_context;
  if (transfer != NULL && what != CURL_POLL_REMOVE) {
    transfer->fd = fd;
  } else if (transfer != NULL && transfer->fd == fd) {
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

static enum glc_code multi_failure(CURLMcode result,
                                   struct glc_error *error) {
  return glc_error_set(error,
                       result == CURLM_OUT_OF_MEMORY ? GLC_NO_MEMORY
                                                     : GLC_INVALID,
                       "libcurl: %s", curl_multi_strerror(result));
}

struct glc_http *glc_http_open(struct glc_error *error) {
  struct glc_http *http = NULL;

  if (pthread_once(&global_once, init_global) != 0 ||
      global_result != CURLE_OK) {
    glc_error_set(error, GLC_INVALID, "libcurl cannot be initialised");
    return NULL;
  }
  http = calloc(1, sizeof *http);
  if (http != NULL) {
    http->owner = getpid();
    http->multi = curl_multi_init();
  }
  if (http == NULL || http->multi == NULL ||
      curl_multi_setopt(http->multi, CURLMOPT_SOCKETFUNCTION, on_socket) !=
          CURLM_OK ||
      curl_multi_setopt(http->multi, CURLMOPT_SOCKETDATA, http) != CURLM_OK) {
    glc_error_set(error, GLC_NO_MEMORY, "no memory for an HTTP engine");
    glc_http_close(http);
    http = NULL;
  }
  return http;
}

bool glc_http_forked(const struct glc_http *http) {
  return http->owner != getpid();
}

static void give_back(struct glc_http *http, CURL *easy) {
  if (http->idle_count < MAX_IDLE) {
    curl_easy_reset(easy);
    http->idle[http->idle_count++] = easy;
  } else {
    curl_easy_cleanup(easy);
  }
}

static void finish(struct glc_transfer *transfer, CURLcode result) {
  struct glc_http *http = transfer->http;

  if (glc_http_forked(http)) {
    /* Removing it would end the parent's connection: it is left behind. */
    (void)transfer_end(transfer, result);
  } else {
    (void)curl_multi_remove_handle(http->multi, transfer->easy);
    give_back(http, transfer_end(transfer, result));
  }
  *transfer->link = transfer->next;
  if (transfer->next != NULL) {
    transfer->next->link = transfer->link;
  }
  transfer->http = NULL;
  transfer->next = NULL;
  transfer->link = NULL;
  http->active--;
}

void glc_transfer_cancel(struct glc_transfer *transfer) {
  if (!transfer->done && transfer->http != NULL) {
    glc_error_set(&transfer->error, GLC_CANCELLED, "the call was cancelled");
    finish(transfer, CURLE_ABORTED_BY_CALLBACK);
  }
}

void glc_transfer_resume(struct glc_transfer *transfer) {
  CURLcode result;

  glc_buffer_reset(&transfer->held);
  if (transfer->paused && !transfer->done &&
      !glc_http_forked(transfer->http)) {
    transfer->paused = false;
    transfer->last_byte = glc_clock_monotonic();
    /* This may bring the next piece at once. */
    result = curl_easy_pause(transfer->easy, CURLPAUSE_CONT);
    if (result != CURLE_OK) {
      finish(transfer, result);
    }
  }
}

void glc_transfer_free(struct glc_transfer *transfer) {
  if (transfer != NULL) {
    glc_transfer_cancel(transfer);
    /* Only where it was never started are these still here. */
    curl_easy_cleanup(transfer->easy);
    curl_slist_free_all(transfer->fields);
    glc_buffer_free(&transfer->head);
    glc_buffer_free(&transfer->body);
    glc_buffer_free(&transfer->held);
    free(transfer);
  }
}

void glc_http_close(struct glc_http *http) {
  if (http != NULL) {
    while (http->transfers != NULL) {
      glc_transfer_cancel(http->transfers);
    }
    if (!glc_http_forked(http)) {
      while (http->idle_count > 0) {
        curl_easy_cleanup(http->idle[--http->idle_count]);
      }
      curl_multi_cleanup(http->multi);
    }
    free(http->watched);
    free(http);
  }
}

struct glc_transfer *glc_http_start(struct glc_http *http,
                                    const struct glc_http_request *request,
                                    struct glc_error *error) {
  struct glc_transfer *transfer = NULL;
  CURLMcode result;
  CURL *easy = http->idle_count > 0 ? http->idle[--http->idle_count]
                                    : curl_easy_init();

  if (easy == NULL) {
    glc_error_set(error, GLC_NO_MEMORY, "no memory for a request");
    return NULL;
  }
  transfer = transfer_new(easy, request, error);
  if (transfer != NULL) {
    result = curl_multi_add_handle(http->multi, easy);
    if (result != CURLM_OK) {
      multi_failure(result, error);
      glc_transfer_free(transfer);
      return NULL;
    }
    transfer->http = http;
    transfer->sockets = http->sockets;
    transfer->link = &http->transfers;
    transfer->next = http->transfers;
    if (transfer->next != NULL) {
      transfer->next->link = &transfer->next;
    }
    http->transfers = transfer;
    http->active++;
  }
  return transfer;
}

const struct glc_http_event *glc_http_fds(const struct glc_http *http,
                                          size_t *count) {
  *count = http->watched_count;
  return http->watched;
}

size_t glc_http_active(const struct glc_http *http) {
  return http->active;
}

/* The time left until the first of our own time-outs; -1: there is none. */
static int64_t own_timeout(const struct glc_http *http) {
  const struct glc_transfer *transfer;
  int64_t first = -1;

  for (transfer = http->transfers; transfer != NULL;
       transfer = transfer->next) {
    int64_t due = transfer_due(transfer);

    if (due >= 0 && (first < 0 || due < first)) {
      first = due;
    }
  }
  if (first >= 0) {
    first -= glc_clock_monotonic();
    first = first > 0 ? first : 0;
  }
  return first;
}

int64_t glc_http_timeout(const struct glc_http *http) {
  int64_t own = own_timeout(http);
  long timeout = -1;

  /* Asked each time: a timer callback is not repeated where it is missed. */
  if (curl_multi_timeout(http->multi, &timeout) != CURLM_OK) {
    timeout = 0;
  }
  return timeout < 0 || (own >= 0 && own < timeout) ? own : timeout;
}

/* Nothing was sent yet: the request goes by a connection of its own. */
static bool restart(struct glc_transfer *transfer) {
  CURLM *multi = transfer->http->multi;
  CURL *easy = transfer->easy;

  transfer->stale = false;
  transfer->message[0] = '\0';
  (void)curl_multi_remove_handle(multi, easy);
  return curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L) == CURLE_OK &&
         curl_multi_add_handle(multi, easy) == CURLM_OK;
}

static void harvest(struct glc_http *http) {
  CURLMsg *message;
  int left;

  while ((message = curl_multi_info_read(http->multi, &left)) != NULL) {
    if (message->msg == CURLMSG_DONE) {
      CURLcode result = message->data.result;
      struct glc_transfer *transfer = transfer_of(message->easy_handle);

      if (!transfer->stale || !restart(transfer)) {
        finish(transfer, result);
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
      finish(transfer, CURLE_OPERATION_TIMEDOUT);
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
      transfer_note_input(transfer);
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
    finish(transfer, CURLE_ABORTED_BY_CALLBACK);
  }
  http->unwatched = false;
}

/* What every step ends with: timers, then what has ended. */
static enum glc_code settle(struct glc_http *http, CURLMcode result,
                            struct glc_error *error) {
  struct glc_error failure = {GLC_OK, ""};

  if (result == CURLM_OK) {
    result = act(http, CURL_SOCKET_TIMEOUT, 0);
  }
  harvest(http);
  expire(http);
  if (result == CURLM_OK && http->unwatched) {
    result = CURLM_OUT_OF_MEMORY;
  }
  if (result != CURLM_OK) {
    multi_failure(result, &failure);
    abandon(http, &failure);
    glc_error_set(error, failure.code, "%s", failure.message);
  }
  return failure.code;
}

enum glc_code glc_http_step(struct glc_http *http,
                            const struct glc_http_event *ready, size_t count,
                            struct glc_error *error) {
  CURLMcode result = CURLM_OK;
  size_t i;

  for (i = 0; result == CURLM_OK && i < count; i++) {
    result = act(http, ready[i].fd, ready[i].events);
  }
  return settle(http, result, error);
}
