/* What the tests of the HTTP engine share: a request, and running it. */
#ifndef EXCHANGE_H
#define EXCHANGE_H

#include <dirent.h>

#include "check.h"
#include "clock.h"
#include "http.h"
#include "server.h"

/* Time enough for anything; only a transfer that hangs meets it. */
enum { EXCHANGE_PATIENCE = 20000 };

#define ANSWER "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-A: 1\r\n\r\nok"

struct exchange {
  struct glc_http_request request;
  struct glc_header headers[8];
  struct glc_bytes no_proxy;
  char url[512];
};

/* A request to the port, without headers, body and time-outs. */
static inline void exchange_init(struct exchange *exchange, int port,
                                 const char *method, const char *path) {
  memset(exchange, 0, sizeof *exchange);
  (void)snprintf(exchange->url, sizeof exchange->url, "http://127.0.0.1:%d%s",
                 port, path);
  exchange->request.method = glc_bytes_of(method);
  exchange->request.url = glc_bytes_of(exchange->url);
  exchange->request.headers = exchange->headers;
  exchange->request.proxy = &exchange->no_proxy;
  exchange->request.max_header_bytes = 64 * 1024;
  exchange->request.max_body_bytes = 1024 * 1024;
}

static inline void exchange_add(struct exchange *exchange, const char *name,
                                const char *value) {
  struct glc_header *header =
      &exchange->headers[exchange->request.header_count++];

  header->name = glc_bytes_of(name);
  header->value = glc_bytes_of(value);
}

/* Waits until nothing is on its way; false where that does not come. */
static inline bool exchange_wait(struct glc_http *http) {
  const int64_t start = glc_clock_monotonic();
  enum glc_code code = GLC_OK;

  while (code == GLC_OK && glc_http_active(http) > 0 &&
         glc_clock_monotonic() - start < EXCHANGE_PATIENCE) {
    code = glc_http_wait(http, 1000, NULL);
  }
  return glc_http_active(http) == 0;
}

/* Sends the request and waits for its end; NULL where it is refused. */
static inline struct glc_transfer *exchange_run(struct glc_http *http,
                                                struct exchange *exchange) {
  struct glc_transfer *transfer =
      glc_http_start(http, &exchange->request, NULL);

  CHECK(exchange_wait(http));
  return transfer;
}

/* How a request ends: also where it is refused at the start. */
static inline enum glc_code exchange_code(struct glc_http *http,
                                          struct exchange *exchange) {
  struct glc_error error = {GLC_OK, ""};
  struct glc_transfer *transfer =
      glc_http_start(http, &exchange->request, &error);
  enum glc_code code = error.code;

  CHECK(exchange_wait(http));
  if (transfer != NULL) {
    CHECK(glc_transfer_done(transfer));
    code = glc_transfer_result(transfer, &error);
    CHECK((code == GLC_OK) || error.message[0] != '\0');
  }
  glc_transfer_free(transfer);
  return code;
}

/* The first header of that name in a response; empty where there is none. */
static inline struct glc_bytes
exchange_header(const struct glc_transfer *transfer, const char *name) {
  struct glc_header header;
  size_t cursor = 0;

  while (glc_transfer_header(transfer, &cursor, &header)) {
    if (glc_bytes_equal(header.name, glc_bytes_of(name))) {
      return header.value;
    }
  }
  return glc_bytes_of("");
}

/* Open descriptors: what is left open shows as a difference. */
static inline int count_descriptors(void) {
  DIR *directory = opendir("/proc/self/fd");
  int count = 0;

  while (directory != NULL && readdir(directory) != NULL) {
    count++;
  }
  closedir(directory);
  return count;
}

#endif
