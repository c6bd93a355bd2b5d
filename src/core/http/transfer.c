/* A transfer, from what libcurl reports of it. */
#define _POSIX_C_SOURCE 200809L /* for the headers below */

#include "transfer.h"

#include <stdlib.h>
#include <string.h>

#include "../clock.h"
#include "proxy.h"
#include "receive.h"
#include "response.h"

static void touch(struct glc_transfer *transfer) {
  transfer->last_byte = glc_clock_monotonic();
}

void transfer_note_input(struct glc_transfer *transfer) {
  if (transfer->asked && !transfer->head_complete &&
      socket_holds_input(transfer->fd, false)) {
    touch(transfer);
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

/* A connection begins: nothing of what was seen on another one counts. */
static curl_socket_t on_open(void *context, curlsocktype purpose,
                             struct curl_sockaddr *address) {
  struct glc_transfer *transfer = context;
  bool no_memory = false;
  curl_socket_t fd;

  (void)purpose;
  transfer->opened = true;
  transfer->asked = false;
  transfer->tunnelled = false;
  transfer->tunnel_bytes = 0;
  transfer->silent = false;
  fd = socket_open(&transfer->around->sockets, transfer, address, &no_memory);
  if (no_memory) {
    glc_error_set(&transfer->error, GLC_NO_MEMORY,
                  "no memory for a connection");
  }
  return fd;
}

static void copy_address(char to[ADDRESS_SIZE], const char *text) {
  to[0] = '\0';
  if (text != NULL) {
    (void)strncat(to, text, ADDRESS_SIZE - 1);
  }
}

/*
 * What a kept-alive connection holds before its next request is the server's
 * end of it, or an answer to nothing. libcurl before 8.1 would send on it all
 * the same: the request would be lost, or the wrong answer taken for its own.
 * After a request was lost on such a connection no other one will do.
 */
static bool is_stale(struct glc_transfer *transfer,
                     const struct socket_ends *ends) {
  /* In any case, so that the connection is known the next time. */
  int fd = socket_find(&transfer->around->sockets, transfer, ends);

  return transfer->reused && (transfer->fresh || transfer->requests > 0 ||
                              socket_holds_input(fd, true));
}

/*
 * libcurl sends a request again by itself when a reused connection ends
 * before the first byte of an answer. The server may have acted on the first:
 * what must not be done twice is not sent twice.
 */
static int on_request(void *context, char *remote, char *local,
                      int remote_port, int local_port) {
  struct glc_transfer *transfer = context;
  struct socket_ends ends;
  long connects = 0;

  if (transfer->requests > 0 && !transfer->repeatable) {
    glc_error_set(&transfer->error, GLC_CLOSED,
                  "the kept-alive connection was closed before an answer");
    return CURL_PREREQFUNC_ABORT;
  }
  copy_address(ends.remote, remote);
  copy_address(ends.local, local);
  ends.remote_port = remote_port;
  ends.local_port = local_port;
  curl_easy_getinfo(transfer->easy, CURLINFO_NUM_CONNECTS, &connects);
  transfer->reused = connects == 0;
  if (is_stale(transfer, &ends)) {
    transfer->stale = true;
    return CURL_PREREQFUNC_ABORT;
  }
  transfer->asked = true;
  transfer->requests++;
  speed_reset(&transfer->speed);
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

static bool is_blank_line(struct glc_bytes line) {
  return line.length > 0 && (line.data[0] == '\r' || line.data[0] == '\n');
}

static bool is_interim(const struct glc_transfer *transfer) {
  long status = 0;

  curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status);
  return status >= 100 && status < 200;
}

/*
 * A length that is over the limit is refused before the body; one that is not
 * is made room for once, so that nothing is copied as the body grows.
 */
static void expect_body(struct glc_transfer *transfer) {
  size_t length;

  if (transfer->sink.context == &transfer->body && !transfer->bodiless &&
      response_body_length(transfer, &length)) {
    if (length > transfer->body.maximum) {
      glc_error_set(&transfer->error, GLC_TOO_LARGE,
                    "the response's body is larger than %lu bytes",
                    (unsigned long)transfer->body.maximum);
    } else {
      glc_buffer_reserve(&transfer->body, length);
    }
  }
}

static void keep_line(struct glc_transfer *transfer, struct glc_bytes line) {
  if (!transfer->head_open) {
    glc_buffer_reset(&transfer->head); /* of an interim response */
  }
  glc_buffer_append(&transfer->head, line);
  transfer->head_open = !is_blank_line(line);
  if (!transfer->head_open && !is_interim(transfer)) {
    transfer->head_complete = true;
    speed_begin(&transfer->speed, transfer->last_byte);
    expect_body(transfer);
    /*
     * What libcurl cannot decode it refuses; who reads the body may be able
     * to. Releases from 8.7 on have decided by now, and refuse it.
     */
    if (!response_is_decodable(transfer)) {
      (void)curl_easy_setopt(transfer->easy, CURLOPT_HTTP_CONTENT_DECODING,
                             0L);
    }
  }
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
  } else if (!transfer->asked) {
    proxy_note_tunnel(transfer, line);
  } else if (!transfer->head_complete) {
    keep_line(transfer, line);
    (void)glc_buffer_check(&transfer->head, "the response's headers",
                           &transfer->error);
  } /* What follows a complete head are trailers; nothing here reads them. */
  return transfer->error.code == GLC_OK ? line.length : 0;
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

static size_t on_body(char *data, size_t size, size_t count, void *context) {
  struct glc_transfer *transfer = context;
  struct glc_bytes piece = {data, size * count};

  touch(transfer);
  if (transfer->receiver.context != NULL) {
    if (!receive_piece(transfer, piece)) {
      return CURL_WRITEFUNC_PAUSE;
    }
    speed_note(&transfer->speed, piece.length, transfer->last_byte);
    return transfer->error.code == GLC_OK ? piece.length : 0;
  }
  /* libcurl keeps what is not taken here, and comes with it again. */
  if (transfer->piece_bytes > 0 &&
      transfer->held.length >= transfer->piece_bytes) {
    transfer->paused = true;
    return CURL_WRITEFUNC_PAUSE;
  }
  speed_note(&transfer->speed, piece.length, transfer->last_byte);
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
static CURLcode set_callbacks(struct glc_transfer *transfer) {
  CURL *easy = transfer->easy;

  if (curl_easy_setopt(easy, CURLOPT_PRIVATE, transfer) ||
      curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, transfer->message) ||
      curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, transfer) ||
      curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, on_open) ||
      curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA,
                       &transfer->around->sockets) ||
      curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, socket_close) ||
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

struct glc_transfer *transfer_new(CURL *easy, struct surroundings *around,
                                  const struct glc_http_request *request,
                                  struct glc_error *error) {
  struct glc_transfer *transfer = calloc(1, sizeof *transfer);

  if (transfer != NULL) {
    transfer->easy = easy;
    transfer->around = around;
    transfer->fd = -1;
    transfer->fresh = request->fresh_connection;
    transfer->proxy_known = request->proxy != NULL;
    set_limits(transfer, request);
  }
  if (transfer == NULL || set_callbacks(transfer) != CURLE_OK) {
    curl_easy_cleanup(easy);
    free(transfer);
    transfer = NULL;
    glc_error_set(error, GLC_NO_MEMORY, "no memory for a request");
  }
  return transfer;
}

struct glc_transfer *transfer_of(CURL *easy) {
  char *transfer = NULL;

  curl_easy_getinfo(easy, CURLINFO_PRIVATE, &transfer);
  return (struct glc_transfer *)(void *)transfer;
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

CURL *transfer_end(struct glc_transfer *transfer, CURLcode result) {
  CURL *easy = transfer->easy;
  long status = 0;

  response_judge(transfer, result);
  curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
  transfer->status = (int)status;
  glc_buffer_fit(&transfer->body);
  transfer->easy = NULL;
  transfer->done = true;
  return easy;
}

void transfer_drop_request(struct glc_transfer *transfer) {
  fields_free(&transfer->fields);
  glc_buffer_free(&transfer->upload);
}
