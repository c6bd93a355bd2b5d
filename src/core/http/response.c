/* What a transfer that has ended says: its outcome, head and body. */
#include <stdlib.h>
#include <string.h>

#include "proxy.h"
#include "response.h"

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
    /* Said, too, where the connection was closed: that is no refusal. */
    return transfer->silent ? GLC_CLOSED : GLC_TLS;
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
  case CURLE_WRITE_ERROR: /* where it is not ours: what follows the coding */
    return GLC_PROTOCOL;
  default:
    return GLC_CLOSED;
  }
}

/*
 * What libcurl says of a proxy of its own choice that it cannot read quotes
 * the URL, password and all: before there is a connection nothing is quoted.
 */
static const char *text_of(const struct glc_transfer *transfer,
                           CURLcode result) {
  const bool may_quote = transfer->proxy_known || transfer->opened ||
                         result == CURLE_COULDNT_RESOLVE_HOST;

  return may_quote && transfer->handle->message[0] != '\0'
             ? transfer->handle->message
             : curl_easy_strerror(result);
}

static void set_failure(struct glc_transfer *transfer, CURLcode result) {
  enum glc_code code =
      proxy_blame(transfer, classify(transfer, result));

  if (result == CURLE_BAD_CONTENT_ENCODING || result == CURLE_WRITE_ERROR) {
    glc_error_set(&transfer->error, code,
                  "the body is not what its Content-Encoding says: %s",
                  text_of(transfer, result));
  } else {
    glc_error_set(&transfer->error, code, "%s",
                  code == GLC_TOO_LARGE
                      ? "a line of the response's head is too long"
                      : text_of(transfer, result));
  }
}

void response_judge(struct glc_transfer *transfer, CURLcode result) {
  if (transfer->error.code != GLC_OK) {
    (void)proxy_blame(transfer, transfer->error.code);
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

bool glc_transfer_reused(const struct glc_transfer *transfer) {
  return transfer->requests > 0 && transfer->reused;
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

/*
 * Digits only. A number beyond INT64_MAX is none, as it is for libcurl: then
 * the body ends with the connection.
 */
static bool read_length(struct glc_bytes text, size_t *length) {
  int64_t number = 0;
  size_t i;

  for (i = 0; i < text.length; i++) {
    const int digit = text.data[i] - '0';

    if (digit < 0 || digit > 9 || number > (INT64_MAX - digit) / 10) {
      return false;
    }
    number = number * 10 + digit;
  }
  *length = (uint64_t)number < SIZE_MAX ? (size_t)number : SIZE_MAX;
  return text.length > 0;
}

bool response_body_length(const struct glc_transfer *transfer,
                          size_t *length) {
  struct glc_header header;
  size_t cursor = 0;
  bool told = false;
  long status = 0;

  curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status);
  if (status == 204 || status == 304) {
    return false; /* RFC 9112 6.3 */
  }
  while (glc_transfer_header(transfer, &cursor, &header)) {
    if (equals_ignoring_case(header.name, "transfer-encoding")) {
      return false;
    }
    if (!told && equals_ignoring_case(header.name, "content-length")) {
      told = read_length(header.value, length);
    }
  }
  return told;
}

/* RFC 9110 8.4.1; libcurl's own word for none is taken, too. */
static bool is_decodable(struct glc_bytes coding, int features) {
  static const struct {
    const char *name;
    int feature; /* that libcurl must have */
  } codings[] = {{"gzip", CURL_VERSION_LIBZ},    {"x-gzip", CURL_VERSION_LIBZ},
                 {"deflate", CURL_VERSION_LIBZ}, {"br", CURL_VERSION_BROTLI},
                 {"zstd", CURL_VERSION_ZSTD},    {"identity", 0},
                 {"none", 0},                    {"", 0}};
  size_t i = 0;

  while (i < sizeof codings / sizeof *codings &&
         !equals_ignoring_case(coding, codings[i].name)) {
    i++;
  }
  return i < sizeof codings / sizeof *codings &&
         (features & codings[i].feature) == codings[i].feature;
}

/* Codings are listed in the order in which they were put on. */
bool response_is_decodable(const struct glc_transfer *transfer) {
  struct glc_header header;
  size_t cursor = 0;
  bool decodable = true;

  while (decodable && glc_transfer_header(transfer, &cursor, &header)) {
    struct glc_bytes rest = header.value;

    while (decodable && rest.length > 0 &&
           equals_ignoring_case(header.name, "content-encoding")) {
      const char *comma = memchr(rest.data, ',', rest.length);
      struct glc_bytes coding = rest;

      if (comma != NULL) {
        coding.length = (size_t)(comma - rest.data);
      }
      decodable =
          is_decodable(trim(coding), transfer->around->libcurl.features);
      rest.data += coding.length + (comma != NULL);
      rest.length -= coding.length + (comma != NULL);
    }
  }
  return decodable;
}
