/* What a transfer that has ended says: its outcome, head and body. */
#include <stdlib.h>
#include <string.h>

#include "transfer.h"

/*
 * Whether a handshake ended with the connection, and not with a refusal by
 * either side: libcurl has one result for both, and tells them by the text.
 */
static bool was_cut(const struct glc_transfer *transfer) {
  static const char *const texts[] = {"SSL_connect:", "Recv failure",
                                      "Send failure", "unexpected eof"};
  size_t i = 0;

  while (i < sizeof texts / sizeof *texts &&
         strstr(transfer->message, texts[i]) == NULL) {
    i++;
  }
  return i < sizeof texts / sizeof *texts;
}

/*
 * A code for what libcurl says of a transfer without a response. What is not
 * listed ended with the connection (send, receive, nothing, half a body).
 */
static enum glc_code classify(const struct glc_transfer *transfer,
                              CURLcode result) {
  switch (result) {
  case CURLE_COULDNT_RESOLVE_HOST:
    return GLC_RESOLVE;
  case CURLE_COULDNT_RESOLVE_PROXY:
  case CURLE_PROXY:
    return GLC_PROXY;
  case CURLE_COULDNT_CONNECT:
    return GLC_CONNECT;
  case CURLE_OPERATION_TIMEDOUT: /* only connecting is timed by libcurl */
    return GLC_CONNECT_TIMEOUT;
  case CURLE_SSL_CONNECT_ERROR:
    return was_cut(transfer) ? GLC_CLOSED : GLC_TLS;
  case CURLE_PEER_FAILED_VERIFICATION:
  case CURLE_SSL_CACERT_BADFILE:
  case CURLE_SSL_CERTPROBLEM:
  case CURLE_SSL_CIPHER:
  case CURLE_SSL_ISSUER_ERROR:
  case CURLE_SSL_CRL_BADFILE:
  case CURLE_SSL_INVALIDCERTSTATUS:
  case CURLE_SSL_ENGINE_INITFAILED:
  case CURLE_USE_SSL_FAILED:
    return GLC_TLS;
  case CURLE_OUT_OF_MEMORY:
    /* Said of a header line beyond libcurl's own bound, too. */
    return transfer->requests > 0 ? GLC_TOO_LARGE : GLC_NO_MEMORY;
  case CURLE_URL_MALFORMAT:
    return GLC_INVALID;
  case CURLE_UNSUPPORTED_PROTOCOL: /* said of HTTP/0.9 and of a URL */
    return transfer->requests > 0 ? GLC_PROTOCOL : GLC_INVALID;
  case CURLE_WEIRD_SERVER_REPLY:
  case CURLE_BAD_CONTENT_ENCODING:
    return GLC_PROTOCOL;
  default:
    return GLC_CLOSED;
  }
}

/* Said before anything is connected; it quotes the URL, password and all. */
static bool is_bad_proxy(const struct glc_transfer *transfer) {
  return strstr(transfer->message, "Unsupported proxy") != NULL;
}

static void set_failure(struct glc_transfer *transfer, CURLcode result) {
  enum glc_code code =
      transfer_blame(transfer, result, classify(transfer, result));
  const char *text = transfer->message[0] != '\0'
                         ? transfer->message
                         : curl_easy_strerror(result);

  if (is_bad_proxy(transfer)) {
    code = GLC_INVALID;
    text = "the proxy is no URL of a kind that libcurl knows";
  } else if (code == GLC_TOO_LARGE) {
    text = "a line of the response's head is too long";
  }
  glc_error_set(&transfer->error, code, "%s", text);
}

void transfer_judge(struct glc_transfer *transfer, CURLcode result) {
  if (transfer->error.code != GLC_OK) {
    (void)transfer_blame(transfer, result, transfer->error.code);
    return;
  }
  if (result != CURLE_OK) {
    set_failure(transfer, result);
  } else if (!transfer->head_complete) {
    /* libcurl takes a connection cut inside the head for a response. */
    glc_error_set(&transfer->error, GLC_CLOSED,
                  "the connection was closed inside the response's head");
  }
}

bool glc_transfer_done(const struct glc_transfer *transfer) {
  return transfer->done;
}

enum glc_code glc_transfer_result(const struct glc_transfer *transfer,
                                  struct glc_error *error) {
  if (transfer->error.code != GLC_OK) {
    return glc_error_set(error, transfer->error.code, "%s",
                         transfer->error.message);
  }
  return GLC_OK;
}

bool glc_transfer_sent(const struct glc_transfer *transfer) {
  return transfer->requests > 0;
}

int glc_transfer_status(const struct glc_transfer *transfer) {
  long status = transfer->status;

  if (transfer->easy != NULL && transfer->head_complete) {
    curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status);
  }
  return (int)status;
}

bool glc_transfer_has_head(const struct glc_transfer *transfer) {
  return transfer->head_complete;
}

struct glc_bytes glc_transfer_held(const struct glc_transfer *transfer) {
  return glc_buffer_bytes(&transfer->held);
}

bool glc_transfer_paused(const struct glc_transfer *transfer) {
  return transfer->paused;
}

struct glc_bytes glc_transfer_body(const struct glc_transfer *transfer) {
  return glc_buffer_bytes(&transfer->body);
}

static bool is_blank(char byte) {
  return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
}

static struct glc_bytes trim(struct glc_bytes text) {
  while (text.length > 0 && is_blank(text.data[0])) {
    text.data++;
    text.length--;
  }
  while (text.length > 0 && is_blank(text.data[text.length - 1])) {
    text.length--;
  }
  return text;
}

/* The line at *cursor, which moves behind it; false at the end. */
static bool next_line(struct glc_bytes head, size_t *cursor,
                      struct glc_bytes *line) {
  const char *start = head.data + *cursor;
  size_t rest = head.length - *cursor;
  const char *end = rest > 0 ? memchr(start, '\n', rest) : NULL;

  line->data = start;
  line->length = end != NULL ? (size_t)(end - start) + 1 : rest;
  *cursor += line->length;
  return rest > 0;
}

struct glc_bytes glc_transfer_reason(const struct glc_transfer *transfer) {
  struct glc_bytes line, reason = {"", 0};
  size_t cursor = 0;

  if (next_line(glc_buffer_bytes(&transfer->head), &cursor, &line)) {
    const char *blank = memchr(line.data, ' ', line.length);

    if (blank != NULL) {
      size_t before = (size_t)(blank - line.data) + 1;

      blank = memchr(blank + 1, ' ', line.length - before);
    }
    if (blank != NULL) {
      reason.data = blank;
      reason.length = line.length - (size_t)(blank - line.data);
    }
  }
  return trim(reason);
}

bool glc_transfer_header(const struct glc_transfer *transfer, size_t *cursor,
                         struct glc_header *header) {
  const struct glc_bytes head = glc_buffer_bytes(&transfer->head);
  struct glc_bytes line;

  if (*cursor == 0) {
    next_line(head, cursor, &line); /* the status line */
  }
  while (next_line(head, cursor, &line)) {
    const char *colon = memchr(line.data, ':', line.length);

    /* Neither a field: the blank line, a folded one (RFC 9112 5.2). */
    if (colon != NULL && !is_blank(line.data[0])) {
      header->name.data = line.data;
      header->name.length = (size_t)(colon - line.data);
      header->value.data = colon + 1;
      header->value.length = line.length - header->name.length - 1;
      header->name = trim(header->name);
      header->value = trim(header->value);
      return true;
    }
  }
  return false;
}
