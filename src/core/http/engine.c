/* An engine's life, and that of the transfers on it. */
#include "http.h"

#include <pthread.h>
#include <stdlib.h>

#include "../clock.h"
#include "../crypto.h"
#include "engine.h"
#include "receive.h"
#include "request.h"
#include "transfer.h"

/* Write-once: libcurl's own global state, for the whole process. */
static pthread_once_t global_once = PTHREAD_ONCE_INIT;
static CURLcode global_result;

static void init_global(void) {
  global_result = curl_global_init(CURL_GLOBAL_DEFAULT);
}

enum glc_code engine_failure(CURLMcode result, struct glc_error *error) {
  return glc_error_set(error,
                       result == CURLM_OUT_OF_MEMORY ? GLC_NO_MEMORY
                                                     : GLC_INVALID,
                       "libcurl: %s", curl_multi_strerror(result));
}

static void look_at_libcurl(struct libcurl *libcurl) {
  const curl_version_info_data *info = curl_version_info(CURLVERSION_NOW);

  libcurl->features = info->features;
  libcurl->ca_info = info->cainfo;
  libcurl->ca_path = info->capath;
}

static struct glc_http *open_engine(struct glc_error *error) {
  struct glc_http *http = NULL;

  if (pthread_once(&global_once, init_global) != 0 ||
      global_result != CURLE_OK) {
    glc_error_set(error, GLC_INVALID, "libcurl cannot be initialised");
    return NULL;
  }
  http = calloc(1, sizeof *http);
  if (http != NULL) {
    owner_init(&http->owner);
    watch_init(&http->watch);
    http->multi = socket_new_multi();
  }
  if (http == NULL || http->multi == NULL ||
      curl_multi_setopt(http->multi, CURLMOPT_SOCKETFUNCTION,
                        watch_socket) != CURLM_OK ||
      curl_multi_setopt(http->multi, CURLMOPT_SOCKETDATA, &http->watch) !=
          CURLM_OK) {
    glc_error_set(error, GLC_NO_MEMORY, "no memory for an HTTP engine");
    glc_http_close(http);
    http = NULL;
  } else {
    look_at_libcurl(&http->around.libcurl);
  }
  return http;
}

struct glc_http *glc_http_open(struct glc_error *error) {
  struct glc_crypto_scope scope;
  struct glc_http *http;

  glc_crypto_enter(&scope);
  http = open_engine(error);
  glc_crypto_leave(&scope);
  return http;
}

bool glc_http_forked(const struct glc_http *http) {
  return owner_is_gone(&http->owner);
}

enum glc_code engine_owned(const struct glc_http *http,
                           struct glc_error *error) {
  return glc_http_forked(http)
             ? glc_error_set(error, GLC_CANCELLED,
                             "the connections are the parent process's")
             : GLC_OK;
}

/*
 * A handle that another request is to find as it is has brought a whole
 * response, and nothing but what is set for each request was set.
 */
static void give_back(struct glc_http *http, struct glc_transfer *transfer) {
  const bool as_any = transfer->error.code == GLC_OK && !transfer->odd;
  struct easy_handle *handle = transfer->handle;

  transfer->handle = NULL;
  request_let_go(handle->curl);
  easy_give_back(&http->handles, handle, as_any,
                 http->active > MOST_IDLE ? http->active : MOST_IDLE);
}

/* What libcurl has of the request is freed after libcurl has let go of it. */
void engine_finish(struct glc_transfer *transfer, CURLcode result) {
  struct glc_http *http = transfer->http;

  http->active--;
  if (glc_http_forked(http)) {
    /* Removing it would end the parent's connection: it is left behind. */
    transfer_end(transfer, result);
    transfer->handle = NULL;
  } else {
    (void)curl_multi_remove_handle(http->multi, transfer->easy);
    transfer_end(transfer, result);
    give_back(http, transfer);
  }
  transfer_drop_request(transfer);
  receive_drop(transfer);
  watch_forget(&http->watch, transfer, transfer->fd);
  due_set(&http->around.dues, &transfer->due, -1);
  transfer_tell(transfer);
  *transfer->link = transfer->next;
  if (transfer->next != NULL) {
    transfer->next->link = transfer->link;
  }
  transfer->http = NULL;
  transfer->next = NULL;
  transfer->link = NULL;
}

void glc_transfer_cancel(struct glc_transfer *transfer) {
  struct glc_crypto_scope scope;

  if (!transfer->done && transfer->http != NULL) {
    glc_crypto_enter(&scope);
    glc_error_set(&transfer->error, GLC_CANCELLED, "the call was cancelled");
    engine_finish(transfer, CURLE_ABORTED_BY_CALLBACK);
    glc_crypto_leave(&scope);
  }
}

void engine_resume(struct glc_transfer *transfer) {
  CURLcode result;
  int64_t now;

  transfer->paused = false;
  transfer->stalled = false;
  now = glc_clock_monotonic();
  speed_excuse(&transfer->speed, transfer->last_byte, now);
  transfer->last_byte = now;
  transfer_note_due(transfer);
  /* This may bring the next piece at once. */
  result = curl_easy_pause(transfer->easy, CURLPAUSE_CONT);
  if (result != CURLE_OK) {
    engine_finish(transfer, result);
  }
}

void glc_transfer_resume(struct glc_transfer *transfer) {
  struct glc_crypto_scope scope;

  glc_buffer_reset(&transfer->held);
  if (transfer->paused && !transfer->done &&
      !glc_http_forked(transfer->http)) {
    glc_crypto_enter(&scope);
    engine_resume(transfer);
    glc_crypto_leave(&scope);
  }
}

/* Of one that has ended there is nothing to wait for: it takes what is held. */
enum glc_code glc_transfer_receive(struct glc_transfer *transfer,
                                   const struct glc_receiver *receiver,
                                   struct glc_error *error) {
  enum glc_code code = receiver->take(receiver->context,
                                      glc_transfer_held(transfer), error);

  if (code == GLC_OK && !transfer->done) {
    receive_begin(transfer, receiver);
    transfer->piece_bytes = 0;
  } else {
    receiver->drop(receiver->context);
  }
  if (code != GLC_OK) {
    glc_transfer_cancel(transfer);
    glc_buffer_reset(&transfer->held);
  } else {
    glc_transfer_resume(transfer);
  }
  return code;
}

void glc_transfer_free(struct glc_transfer *transfer) {
  struct glc_crypto_scope scope;

  if (transfer != NULL) {
    glc_crypto_enter(&scope);
    glc_transfer_cancel(transfer);
    transfer_told(transfer);
    /* Only where it was never started is this still here. */
    easy_free(transfer->handle);
    transfer_drop_request(transfer);
    glc_buffer_free(&transfer->head);
    glc_buffer_free(&transfer->body);
    glc_buffer_free(&transfer->held);
    free(transfer->proxy);
    free(transfer);
    glc_crypto_leave(&scope);
  }
}

/* The sockets are closed by libcurl, into the set: that is freed last. */
static void close_engine(struct glc_http *http) {
  while (http->transfers != NULL) {
    glc_transfer_cancel(http->transfers);
  }
  while (http->around.news != NULL) {
    transfer_told(http->around.news);
  }
  if (glc_http_forked(http)) {
    socket_abandon(&http->around.sockets);
  } else {
    easy_free_all(&http->handles);
    curl_multi_cleanup(http->multi);
    socket_forget(&http->around.sockets);
  }
  trust_free(http->around.trusted);
  owner_free(&http->owner);
  due_free(&http->around.dues);
  watch_free(&http->watch);
  free(http);
}

void glc_http_close(struct glc_http *http) {
  struct glc_crypto_scope scope;

  if (http != NULL) {
    glc_crypto_enter(&scope);
    close_engine(http);
    glc_crypto_leave(&scope);
  }
}

/* On the engine; room for its time-out was made. */
static void enter(struct glc_http *http, struct glc_transfer *transfer) {
  transfer->http = http;
  transfer->number = ++http->started;
  transfer->link = &http->transfers;
  transfer->next = http->transfers;
  if (transfer->next != NULL) {
    transfer->next->link = &transfer->next;
  }
  http->transfers = transfer;
  http->active++;
  transfer_note_due(transfer);
}

static struct glc_transfer *start(struct glc_http *http,
                                  const struct glc_http_request *request,
                                  struct glc_error *error) {
  struct glc_transfer *transfer;
  CURLMcode result;
  struct easy_handle *handle = due_reserve(&http->around.dues,
                                           http->active + 1)
                                   ? easy_take(&http->handles, request)
                                   : NULL;

  if (handle == NULL) {
    glc_error_set(error, GLC_NO_MEMORY, "no memory for a request");
    return NULL;
  }
  transfer = transfer_new(handle, &http->around, request, error);
  if (transfer == NULL) {
    return NULL;
  }
  if (request_set_up(transfer, request, error) != GLC_OK) {
    glc_transfer_free(transfer);
    return NULL;
  }
  result = curl_multi_add_handle(http->multi, transfer->easy);
  if (result != CURLM_OK) {
    engine_failure(result, error);
    glc_transfer_free(transfer);
    return NULL;
  }
  enter(http, transfer);
  return transfer;
}

struct glc_transfer *glc_http_start(struct glc_http *http,
                                    const struct glc_http_request *request,
                                    struct glc_error *error) {
  struct glc_crypto_scope scope;
  struct glc_transfer *transfer = NULL;

  if (engine_owned(http, error) != GLC_OK) {
    return NULL;
  }
  glc_crypto_enter(&scope);
  transfer = start(http, request, error);
  glc_crypto_leave(&scope);
  return transfer;
}

double glc_transfer_number(const struct glc_transfer *transfer) {
  return transfer->number;
}

double glc_http_news(struct glc_http *http) {
  struct glc_transfer *transfer = http->around.news;
  double number = 0;

  if (transfer != NULL) {
    number = transfer->number;
    transfer_told(transfer);
  }
  return number;
}

const struct glc_http_event *glc_http_fds(const struct glc_http *http,
                                          size_t *count) {
  const struct glc_http_event *events = watch_events(&http->watch, count);

  *count = glc_http_forked(http) ? 0 : *count;
  return events;
}
