#define _POSIX_C_SOURCE 200809L /* recv */

#include "transfer.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

static bool has_prefix(struct glc_bytes text, const char *prefix) {
  size_t length = strlen(prefix);

  return text.length >= length && memcmp(text.data, prefix, length) == 0;
}

static void touch(struct glc_transfer *transfer) {
  transfer->last_byte = glc_clock_monotonic();
}

/* Whether a socket holds what was not read: bytes, or the peer's end. */
static bool holds_input(int fd, bool or_end) {
  char byte;
  ssize_t length =
      fd >= 0 ? recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) : -1;

  return length > 0 || (or_end && length == 0);
}

void transfer_note_input(struct glc_transfer *transfer) {
  if (transfer->last_byte >= 0 && !transfer->head_complete &&
      holds_input(transfer->fd, false)) {
    touch(transfer);
  }
}

static struct known_socket *known_socket(const struct glc_transfer *transfer) {
  return &transfer->sockets[(unsigned)transfer->local_port % KNOWN_SOCKETS];
}

/*
 * An answer that was there at once was never watched for: then the descriptor
 * is the one that the connection had before.
 */
static void remember_socket(const struct glc_transfer *transfer) {
  struct known_socket *known = known_socket(transfer);

  if (transfer->fd >= 0 || known->port != transfer->local_port) {
    known->port = transfer->local_port;
    known->fd = transfer->fd;
  }
}

/*
 * What a kept-alive connection holds before its next request is the server's
 * end of it, or an answer to nothing. libcurl before 8.1 would send on it all
 * the same: the request would be lost, or the wrong answer taken for its own.
 */
static bool is_stale(const struct glc_transfer *transfer) {
  const struct known_socket *known = known_socket(transfer);
  long connects = 0;

  curl_easy_getinfo(transfer->easy, CURLINFO_NUM_CONNECTS, &connects);
  return connects == 0 && known->port == transfer->local_port &&
         holds_input(known->fd, true);
}

/*
 * libcurl sends a request again by itself when a reused connection ends
 * before the first byte of an answer. The server may have acted on the first:
 * what must not be done twice is not sent twice.
 */
static int on_request(void *context, char *remote, char *local,
                      int remote_port, int local_port) {
  struct glc_transfer *transfer = context;

  (void)remote;
  (void)local;
  (void)remote_port;
  transfer->local_port = local_port;
  if (transfer->requests == 0 && is_stale(transfer)) {
    transfer->stale = true;
    return CURL_PREREQFUNC_ABORT;
  }
  transfer->requests++;
  if (transfer->requests > 1 && !transfer->repeatable) {
    glc_error_set(&transfer->error, GLC_CLOSED,
                  "the kept-alive connection was closed before an answer");
    return CURL_PREREQFUNC_ABORT;
  }
  touch(transfer);
  return CURL_PREREQFUNC_OK;
}

static int on_progress(void *context, curl_off_t download_total,
                       curl_off_t downloaded, curl_off_t upload_total,
                       curl_off_t uploaded) {
  struct glc_transfer *transfer = context;

  (void)download_total;
  (void)downloaded;
  (void)upload_total;
  if (uploaded != transfer->uploaded) {
    transfer->uploaded = uploaded;
    touch(transfer);
  }
  return 0;
}

static bool is_interim(const struct glc_transfer *transfer) {
  long status = 0;

  curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status);
  return status >= 100 && status < 200;
}

static size_t on_head(char *data, size_t size, size_t count, void *context) {
  struct glc_transfer *transfer = context;
  struct glc_bytes line = {data, size * count};

  touch(transfer);
  transfer->head_bytes += line.length;
  if (transfer->head_bytes > transfer->max_head_bytes) {
    glc_error_set(&transfer->error, GLC_TOO_LARGE,
                  "the response's headers are larger than %lu bytes",
                  (unsigned long)transfer->max_head_bytes);
    return 0;
  }
  /* What follows a complete head are trailers; nothing here reads them. */
  if (!transfer->head_complete) {
    if (has_prefix(line, "HTTP/")) {
      glc_buffer_reset(&transfer->head);
    }
    glc_buffer_append(&transfer->head, line);
    if (has_prefix(line, "\r") || has_prefix(line, "\n")) {
      transfer->head_complete = !is_interim(transfer);
      remember_socket(transfer);
    }
  }
  return glc_buffer_check(&transfer->head, "the response's headers",
                          &transfer->error) == GLC_OK
             ? line.length
             : 0;
}

static bool keep_in_memory(void *context, struct glc_bytes piece,
                           struct glc_error *error) {
  struct glc_buffer *body = context;

  glc_buffer_append(body, piece);
  return glc_buffer_check(body, "the response's body", error) == GLC_OK;
}

static size_t on_body(char *data, size_t size, size_t count, void *context) {
  struct glc_transfer *transfer = context;
  struct glc_bytes piece = {data, size * count};

  touch(transfer);
  /* libcurl keeps what is not taken here, and comes with it again. */
  if (transfer->piece_bytes > 0 &&
      transfer->held.length >= transfer->piece_bytes) {
    transfer->paused = true;
    return CURL_WRITEFUNC_PAUSE;
  }
  if (!transfer->sink.write(transfer->sink.context, piece,
                            &transfer->error)) {
    if (transfer->error.code == GLC_OK) {
      glc_error_set(&transfer->error, GLC_TOO_LARGE,
                    "the response's body was not taken");
    }
    return 0;
  }
  return piece.length;
}

/* Function pointers do not go through a void pointer in C99. */
CURLcode transfer_set_callbacks(struct glc_transfer *transfer) {
  CURL *easy = transfer->easy;

  if (curl_easy_setopt(easy, CURLOPT_PRIVATE, transfer) ||
      curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, transfer->message) ||
      curl_easy_setopt(easy, CURLOPT_PREREQDATA, transfer) ||
      curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, on_request) ||
      curl_easy_setopt(easy, CURLOPT_HEADERDATA, transfer) ||
      curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_head) ||
      curl_easy_setopt(easy, CURLOPT_WRITEDATA, transfer) ||
      curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body) ||
      curl_easy_setopt(easy, CURLOPT_XFERINFODATA, transfer) ||
      curl_easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, on_progress) ||
      curl_easy_setopt(easy, CURLOPT_NOPROGRESS, 0L)) {
    return CURLE_OUT_OF_MEMORY;
  }
  return CURLE_OK;
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
  transfer->deadline =
      request->timeout > 0
          ? moment_after(glc_clock_monotonic(), request->timeout)
          : -1;
}

struct glc_transfer *transfer_new(CURL *easy,
                                  const struct glc_http_request *request,
                                  struct glc_error *error) {
  struct glc_transfer *transfer = calloc(1, sizeof *transfer);

  if (transfer == NULL) {
    curl_easy_cleanup(easy);
    glc_error_set(error, GLC_NO_MEMORY, "no memory for a request");
    return NULL;
  }
  transfer->easy = easy;
  transfer->fd = -1;
  set_limits(transfer, request);
  if (transfer_set_up(transfer, request, error) != GLC_OK) {
    glc_transfer_free(transfer);
    transfer = NULL;
  }
  return transfer;
}

int64_t transfer_due(const struct glc_transfer *transfer) {
  int64_t due = transfer->deadline;

  /* Whoever takes no piece is not kept waiting by the server. */
  if (transfer->read_timeout > 0 && transfer->last_byte >= 0 &&
      !transfer->paused) {
    int64_t silent =
        moment_after(transfer->last_byte, transfer->read_timeout);

    if (due < 0 || silent < due) {
      due = silent;
    }
  }
  return due;
}

bool transfer_expire(struct glc_transfer *transfer, int64_t now) {
  int64_t due = transfer_due(transfer);

  if (due < 0 || now < due) {
    return false;
  }
  if (due == transfer->deadline) {
    glc_error_set(&transfer->error, GLC_DEADLINE,
                  "the time for the call is over");
  } else {
    glc_error_set(&transfer->error, GLC_READ_TIMEOUT,
                  "no byte came for %ld ms", (long)transfer->read_timeout);
  }
  return true;
}

CURL *transfer_end(struct glc_transfer *transfer, CURLcode result) {
  CURL *easy = transfer->easy;
  long status = 0;

  transfer_judge(transfer, result);
  curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
  transfer->status = (int)status;
  curl_slist_free_all(transfer->fields);
  transfer->fields = NULL;
  transfer->easy = NULL;
  transfer->done = true;
  return easy;
}
