/* A transfer, from what libcurl reports of it. */
#define _POSIX_C_SOURCE 200809L /* for the headers below */

#include "transfer.h"

#include <stdlib.h>

#include "../clock.h"
#include "response.h"

void transfer_touch(struct glc_transfer *transfer) {
  transfer->last_byte = glc_clock_monotonic();
}

void transfer_note_input(struct glc_transfer *transfer, bool is_known) {
  if (transfer->asked && !transfer->head_complete &&
      (is_known || socket_holds_input(transfer->fd, false))) {
    transfer_touch(transfer);
  }
}

/* The end of a connection counts as one byte where it came in good order. */
void transfer_note_end(struct glc_transfer *transfer) {
  if (!transfer->asked) {
    const int64_t received = socket_received(transfer->fd);

    transfer->silent =
        received >= 0 && received - transfer->tunnel_bytes <= 1;
  }
}

/*
 * Where the length is not known, growing by doubling would need half as much
 * again as the limit, for the copy: beyond a first step all that the limit
 * allows is reserved at once. Systems give memory as it is written to.
 */
static bool keep_in_memory(void *context, struct glc_bytes piece,
                           struct glc_error *error) {
  enum { FIRST_STEP = 64 * 1024 };
  struct glc_buffer *body = context;

  if (body->length + piece.length > FIRST_STEP) {
    glc_buffer_reserve(body, body->maximum);
  }
  glc_buffer_append(body, piece);
  return glc_buffer_check(body, "the response's body", error) == GLC_OK;
}

/* A time-out so long that its end cannot be told is none that ever ends. */
static int64_t moment_after(int64_t start, int64_t milliseconds) {
  return milliseconds < INT64_MAX - start ? start + milliseconds : INT64_MAX;
}

static void set_limits(struct glc_transfer *transfer,
                       const struct glc_http_request *request) {
  transfer->max_head_bytes = request->max_header_bytes;
  glc_buffer_init(&transfer->head, request->max_header_bytes);
  glc_buffer_init(&transfer->body, request->max_body_bytes);
  glc_buffer_init(&transfer->upload, request->body.length);
  transfer->body.secret = request->secret_body;
  transfer->upload.secret = request->secret_body;
  transfer->sink.write = keep_in_memory;
  transfer->sink.context = &transfer->body;
  if (request->sink != NULL) {
    transfer->sink = *request->sink;
  } else if (request->piece_bytes > 0) {
    /* What comes at once is bounded by libcurl. */
    glc_buffer_init(&transfer->held,
                    request->piece_bytes + CURL_MAX_WRITE_SIZE);
    transfer->sink.context = &transfer->held;
    transfer->piece_bytes = request->piece_bytes;
  }
  transfer->read_timeout = request->read_timeout;
  transfer->last_byte = -1;
  speed_init(&transfer->speed, request->low_speed_limit,
             request->low_speed_time);
  transfer->deadline =
      request->timeout > 0
          ? moment_after(glc_clock_monotonic(), request->timeout)
          : -1;
}

struct glc_transfer *transfer_new(struct easy_handle *handle,
                                  struct surroundings *around,
                                  const struct glc_http_request *request,
                                  struct glc_error *error) {
  struct glc_transfer *transfer = calloc(1, sizeof *transfer);

  if (transfer != NULL) {
    transfer->handle = handle;
    transfer->easy = handle->curl;
    transfer->around = around;
    transfer->due.transfer = transfer;
    transfer->fd = -1;
    transfer->fresh = request->fresh_connection;
    transfer->proxy_known = request->proxy != NULL;
    set_limits(transfer, request);
    handle->transfer = transfer;
  } else {
    easy_free(handle);
    glc_error_set(error, GLC_NO_MEMORY, "no memory for a request");
  }
  return transfer;
}

struct glc_transfer *transfer_of(CURL *easy) {
  char *handle = NULL;

  curl_easy_getinfo(easy, CURLINFO_PRIVATE, &handle);
  return handle != NULL
             ? ((struct easy_handle *)(void *)handle)->transfer
             : NULL;
}

static int64_t earlier(int64_t a, int64_t b) {
  return a < 0 || (b >= 0 && b < a) ? b : a;
}

/* Whoever takes no piece is not kept waiting by the server. */
static bool is_waiting(const struct glc_transfer *transfer) {
  return transfer->last_byte >= 0 && !transfer->paused &&
         !transfer->stalled && !transfer->settling;
}

static int64_t silent_due(const struct glc_transfer *transfer) {
  return transfer->read_timeout > 0
             ? moment_after(transfer->last_byte, transfer->read_timeout)
             : -1;
}

int64_t transfer_due(const struct glc_transfer *transfer) {
  int64_t due = transfer->deadline;

  if (is_waiting(transfer)) {
    due = earlier(due, silent_due(transfer));
    due = earlier(due, speed_due(&transfer->speed));
  }
  return due;
}

void transfer_note_due(struct glc_transfer *transfer) {
  due_lower(&transfer->around->dues, &transfer->due, transfer_due(transfer));
}

void transfer_tell(struct glc_transfer *transfer) {
  struct glc_transfer **news = &transfer->around->news;

  if (transfer->news_link == NULL) {
    transfer->next_news = *news;
    transfer->news_link = news;
    if (*news != NULL) {
      (*news)->news_link = &transfer->next_news;
    }
    *news = transfer;
  }
}

void transfer_told(struct glc_transfer *transfer) {
  if (transfer->news_link != NULL) {
    *transfer->news_link = transfer->next_news;
    if (transfer->next_news != NULL) {
      transfer->next_news->news_link = transfer->news_link;
    }
    transfer->news_link = NULL;
  }
}

bool transfer_expire(struct glc_transfer *transfer, int64_t now) {
  const bool is_low =
      speed_is_low(&transfer->speed, now) && is_waiting(transfer);
  int64_t silent = is_waiting(transfer) ? silent_due(transfer) : -1;

  if (transfer->deadline >= 0 && now >= transfer->deadline) {
    glc_error_set(&transfer->error, GLC_DEADLINE,
                  "the time for the call is over");
  } else if (silent >= 0 && now >= silent) {
    glc_error_set(&transfer->error, GLC_READ_TIMEOUT,
                  "no byte came for %ld ms", (long)transfer->read_timeout);
  } else if (is_low) {
    glc_error_set(&transfer->error, GLC_READ_TIMEOUT,
                  "fewer than %ld bytes came in %ld ms",
                  (long)transfer->speed.fewest, (long)transfer->speed.stretch);
  } else {
    return false;
  }
  return true;
}

void transfer_end(struct glc_transfer *transfer, CURLcode result) {
  long status = 0;

  response_judge(transfer, result);
  /* What is no answer to this request may be one to the handle's last. */
  if (transfer->head_bytes > 0) {
    curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status);
  }
  transfer->status = (int)status;
  glc_buffer_fit(&transfer->body);
  transfer->easy = NULL;
  transfer->done = true;
}

void transfer_drop_request(struct glc_transfer *transfer) {
  fields_free(&transfer->fields);
  glc_buffer_free(&transfer->upload);
}
