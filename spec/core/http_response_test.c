/* What a response says: heads of every form, bodies, where they go. */
#define _POSIX_C_SOURCE 200809L

#include "exchange.h"
#include "faults.h"

static struct glc_http *http;
static struct server server;

/* The response to a request, from a server that answers once and closes. */
static struct glc_transfer *ask(const char *method, const char *answer) {
  struct exchange exchange;
  struct glc_transfer *transfer;

  server_start(&server, serve_one, answer);
  exchange_init(&exchange, server.port, method, "/");
  transfer = exchange_run(http, &exchange);
  server_stop(&server);
  if (CHECK(transfer != NULL)) {
    CHECK_NUMBER(glc_transfer_result(transfer, NULL), GLC_OK);
  }
  return transfer;
}

/* All header fields as "name=value|". */
static void check_headers(const struct glc_transfer *transfer,
                          const char *expected) {
  struct glc_header header;
  struct glc_buffer all;
  size_t cursor = 0;

  glc_buffer_init(&all, 10000);
  while (glc_transfer_header(transfer, &cursor, &header)) {
    glc_buffer_append(&all, header.name);
    glc_buffer_append_byte(&all, '=');
    glc_buffer_append(&all, header.value);
    glc_buffer_append_byte(&all, '|');
  }
  CHECK_BYTES(glc_buffer_bytes(&all), expected);
  CHECK(!glc_transfer_header(transfer, &cursor, &header));
  glc_buffer_free(&all);
}

static void test_heads(void) {
  static const struct {
    const char *answer;
    int status;
    const char *reason, *headers, *body;
  } cases[] = {
      {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", 200, "OK",
       "Content-Length=2|", "ok"},
      {"HTTP/1.1 404 Not Found at all \r\nContent-Length:0\r\n\r\n", 404,
       "Not Found at all", "Content-Length=0|", ""},
      {"HTTP/1.1 204\r\n\r\n", 204, "", "", ""},
      {"HTTP/1.1 204 \r\n\r\n", 204, "", "", ""},
      {"HTTP/1.0 500 Oh no\nA: b\n\nrest", 500, "Oh no", "A=b|", "rest"},
      {"HTTP/1.1 200 OK\r\nA:\r\nB: \t \r\nC:c:d\r\nContent-Length: 0\r\n\r\n",
       200, "OK", "A=|B=|C=c:d|Content-Length=0|", ""},
      {"HTTP/1.1 200 OK\r\nA: 1\r\na: 2\r\nA: 1\r\nContent-Length: 0\r\n\r\n",
       200, "OK", "A=1|a=2|A=1|Content-Length=0|", ""},
      {"HTTP/1.1 200 OK\r\nA: 1\r\n and: more\r\n\tB: 2\r\nC: 3\r\n"
       "Content-Length: 0\r\n\r\n",
       200, "OK", "A=1|C=3|Content-Length=0|", ""},
      {"HTTP/1.1 100 Continue\r\nOld: 1\r\n\r\nHTTP/1.1 103 Early\r\nOld: 2"
       "\r\n\r\nHTTP/1.1 201 Created\r\nNew: 3\r\nContent-Length: 1\r\n\r\nx",
       201, "Created", "New=3|Content-Length=1|", "x"},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: T\r\n\r\n"
       "3;name=value\r\nabc\r\nA\r\n0123456789\r\n0\r\nT: late\r\nU: v\r\n\r\n",
       200, "OK", "Transfer-Encoding=chunked|Trailer=T|", "abc0123456789"},
      {"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\n"
       "Content-Length: 0\r\n\r\n",
       302, "Found", "Location=http://127.0.0.1:1/|Content-Length=0|", ""},
      {"HTTP/1.1 307 Moved\r\nLocation: /elsewhere\r\n"
       "Content-Length: 0\r\n\r\n",
       307, "Moved", "Location=/elsewhere|Content-Length=0|", ""},
      {"HTTP/1.1 401 No\r\nWWW-Authenticate: Basic realm=\"x\"\r\n"
       "Content-Length: 0\r\n\r\n",
       401, "No", "WWW-Authenticate=Basic realm=\"x\"|Content-Length=0|", ""},
      {"HTTP/1.1 200 OK\r\nContent-Encoding: utf-8\r\nContent-Length: 3\r\n"
       "\r\nabc",
       200, "OK", "Content-Encoding=utf-8|Content-Length=3|", "abc"},
      {"HTTP/1.1 200 OK\r\nHTTP/1.1: 2\r\nA: b\r\nHTTP/x: c\r\n"
       "Content-Length: 0\r\n\r\n",
       200, "OK", "HTTP/1.1=2|A=b|HTTP/x=c|Content-Length=0|", ""},
      {"HTTP/1.1 200 OK\r\nSet-Cookie: a=b\r\nContent-Length: 0\r\n\r\n", 200,
       "OK", "Set-Cookie=a=b|Content-Length=0|", ""},
  };
  size_t i;

  for (i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct glc_transfer *transfer = ask("GET", cases[i].answer);

    if (transfer != NULL) {
      CHECK_NUMBER(glc_transfer_status(transfer), cases[i].status);
      CHECK_BYTES(glc_transfer_reason(transfer), cases[i].reason);
      CHECK_BYTES(glc_transfer_body(transfer), cases[i].body);
      check_headers(transfer, cases[i].headers);
    }
    glc_transfer_free(transfer);
    CHECK_NUMBER(server.requests, 1); /* no redirect, no second try */
  }
}

static void test_head_method(void) {
  struct glc_transfer *transfer =
      ask("HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n");

  if (transfer != NULL) {
    check_headers(transfer, "Content-Length=100|");
    CHECK_BYTES(glc_transfer_body(transfer), "");
  }
  glc_transfer_free(transfer);
}

/* Nothing of an exchange shows in the next on the same easy handle. */
static void test_nothing_kept(void) {
  struct exchange exchange;

  server_start(&server, serve_all,
               "HTTP/1.1 200 OK\r\nSet-Cookie: a=b\r\nContent-Length: 0\r\n"
               "\r\n");
  exchange_init(&exchange, server.port, "PUT", "/first");
  exchange_add(&exchange, "Authorization", "AWS4-HMAC-SHA256 x");
  exchange_add(&exchange, "X-A", "1");
  exchange.request.body = glc_bytes_of("body");
  CHECK_NUMBER(exchange_code(http, &exchange), GLC_OK);
  exchange_init(&exchange, server.port, "GET", "/second");
  CHECK_NUMBER(exchange_code(http, &exchange), GLC_OK);
  server_stop(&server);
  CHECK_NUMBER(server.requests, 2);
  CHECK_NUMBER(server.body_bytes, 4);
  CHECK(strstr(server.head, "GET /second HTTP/1.1\r\nHost: 127.0.0.1:") ==
        server.head);
  CHECK(strstr(server.head, "Cookie") == NULL);
  CHECK(strstr(server.head, "Authorization") == NULL);
  CHECK(strstr(server.head, "X-A") == NULL);
}

/* A sink that takes so many bytes, then refuses. */
struct taker {
  size_t room;
  size_t taken;
  unsigned sum;
  enum glc_code code; /* of the refusal; GLC_OK: none is set */
};

static bool take(void *context, struct glc_bytes piece,
                 struct glc_error *error) {
  struct taker *taker = context;
  size_t i;

  if (taker->taken + piece.length > taker->room) {
    if (taker->code != GLC_OK) {
      glc_error_set(error, taker->code, "the taker is full");
    }
    return false;
  }
  for (i = 0; i < piece.length; i++) {
    taker->sum += (unsigned char)piece.data[i];
  }
  taker->taken += piece.length;
  return true;
}

static enum glc_code give(const char *answer, struct taker *taker) {
  struct glc_http_sink sink = {take, taker};
  struct exchange exchange;
  struct glc_transfer *transfer;
  enum glc_code code = GLC_OK;

  server_start(&server, serve_one, answer);
  exchange_init(&exchange, server.port, "GET", "/");
  exchange.request.sink = &sink;
  exchange.request.max_body_bytes = 1; /* of a body in memory only */
  transfer = exchange_run(http, &exchange);
  server_stop(&server);
  if (CHECK(transfer != NULL)) {
    code = glc_transfer_result(transfer, NULL);
    CHECK_BYTES(glc_transfer_body(transfer), "");
  }
  glc_transfer_free(transfer);
  return code;
}

static void test_sink(void) {
  enum { LENGTH = 3000000 };
  static const char head[] = "HTTP/1.0 200 OK\r\n\r\n";
  struct taker all = {LENGTH, 0, 0, GLC_OK}, some = {LENGTH - 1, 0, 0, GLC_OK},
               none = {0, 0, 0, GLC_CRYPTO};
  char *answer = malloc(sizeof head + LENGTH);
  size_t i;
  unsigned sum = 0;

  if (CHECK(answer != NULL)) {
    memcpy(answer, head, sizeof head - 1);
    for (i = 0; i < LENGTH; i++) {
      answer[sizeof head - 1 + i] = (char)(i % 251 + 1);
      sum += (unsigned)(i % 251 + 1);
    }
    answer[sizeof head - 1 + LENGTH] = '\0';
    CHECK_NUMBER(give(answer, &all), GLC_OK);
    CHECK_NUMBER(all.taken, LENGTH);
    CHECK_NUMBER(all.sum, sum);
    CHECK_NUMBER(give(answer, &some), GLC_TOO_LARGE);
    CHECK_NUMBER(give(answer, &none), GLC_CRYPTO);
  }
  free(answer);
}

int main(void) {
  http = glc_http_open(NULL);
  if (CHECK(http != NULL)) {
    test_heads();
    test_head_method();
    test_nothing_kept();
    test_sink();
  }
  glc_http_close(http);
  return check_report("http_response");
}
