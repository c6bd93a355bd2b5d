/* What libcurl tells of a transfer while it is on its way. */
#define _POSIX_C_SOURCE 200809L /* for the headers below */

#include "callbacks.h"

#include <string.h>

#include "../clock.h"
#include "proxy.h"
#include "receive.h"
#include "response.h"
#include "transfer.h"

/* What the callbacks are for: an easy handle is used for many transfers. */
static struct glc_transfer *reported_to(void *context) {
  const struct easy_handle *handle = context;

  return handle->transfer;
}

/* A connection begins: nothing of what was seen on another one counts. */
static curl_socket_t on_open(void *context, curlsocktype purpose,
                             struct curl_sockaddr *address) {
  struct glc_transfer *transfer = reported_to(context);
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
  struct glc_transfer *transfer = reported_to(context);
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
  transfer_touch(transfer);
  transfer_note_due(transfer);
  return CURL_PREREQFUNC_OK;
}

static int on_progress(void *context, curl_off_t download_total,
                       curl_off_t downloaded, curl_off_t upload_total,
                       curl_off_t uploaded) {
  struct glc_transfer *transfer = reported_to(context);

  (void)download_total;
  (void)downloaded;
  (void)upload_total;
  if (uploaded != transfer->uploaded) {
    transfer->uploaded = uploaded;
    transfer_touch(transfer);
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
  enum { USUAL_HEAD = 500 };

  if (!transfer->head_open) {
    glc_buffer_reset(&transfer->head); /* of an interim response */
    glc_buffer_reserve(&transfer->head, USUAL_HEAD);
  }
  glc_buffer_append(&transfer->head, line);
  transfer->head_open = !is_blank_line(line);
  if (!transfer->head_open && !is_interim(transfer)) {
    transfer->head_complete = true;
    speed_begin(&transfer->speed, transfer->last_byte);
    transfer_note_due(transfer);
    expect_body(transfer);
    /*
     * What libcurl cannot decode it refuses; who reads the body may be able
     * to. Releases from 8.7 on have decided by now, and refuse it.
     */
    if (!response_is_decodable(transfer)) {
      transfer->odd = true;
      (void)curl_easy_setopt(transfer->easy, CURLOPT_HTTP_CONTENT_DECODING,
                             0L);
    }
  }
}

static size_t on_head(char *data, size_t size, size_t count, void *context) {
  struct glc_transfer *transfer = reported_to(context);
  struct glc_bytes line = {data, size * count};

  transfer_touch(transfer);
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

static size_t on_body(char *data, size_t size, size_t count, void *context) {
  struct glc_transfer *transfer = reported_to(context);
  struct glc_bytes piece = {data, size * count};

  transfer_touch(transfer);
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
    transfer_tell(transfer);
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

static void set_functions(struct setup *setup) {
  CURL *curl = setup->easy;

  /* Function pointers do not go through a void pointer in C99. */
  if (setup->result == CURLE_OK &&
      (curl_easy_setopt(curl, CURLOPT_OPENSOCKETFUNCTION, on_open) ||
       curl_easy_setopt(curl, CURLOPT_CLOSESOCKETFUNCTION, socket_close) ||
       curl_easy_setopt(curl, CURLOPT_PREREQFUNCTION, on_request) ||
       curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, on_head) ||
       curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_body) ||
       curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, on_progress))) {
    setup->result = CURLE_OUT_OF_MEMORY;
  }
}

void callbacks_set(struct setup *setup, struct easy_handle *handle,
                            struct surroundings *around) {
  static const CURLoption contexts[] = {
      CURLOPT_PRIVATE,    CURLOPT_OPENSOCKETDATA, CURLOPT_PREREQDATA,
      CURLOPT_HEADERDATA, CURLOPT_WRITEDATA,      CURLOPT_XFERINFODATA};
  size_t i;

  for (i = 0; i < sizeof contexts / sizeof *contexts; i++) {
    setup_pointer(setup, contexts[i], handle);
  }
  setup_pointer(setup, CURLOPT_CLOSESOCKETDATA, &around->sockets);
  setup_pointer(setup, CURLOPT_ERRORBUFFER, handle->message);
  setup_long(setup, CURLOPT_NOPROGRESS, 0);
  set_functions(setup);
}
