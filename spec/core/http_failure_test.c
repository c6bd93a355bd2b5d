/* How exchanges fail: refused, cut, late, too large, garbled, cancelled. */
#define _POSIX_C_SOURCE 200809L

#include <fcntl.h>

#include "exchange.h"
#include "faults.h"

static struct glc_http *http;
static struct server server;

/* How a GET ends against a server that answers once and closes. */
static enum glc_code get(const char *answer) {
  struct exchange exchange;
  enum glc_code code;

  server_start(&server, serve_one, answer);
  exchange_init(&exchange, server.port, "GET", "/");
  exchange.request.max_header_bytes = 1000;
  exchange.request.max_body_bytes = 10;
  code = exchange_code(http, &exchange);
  server_stop(&server);
  return code;
}

static void test_answers(void) {
  static const struct {
    const char *answer;
    enum glc_code code;
  } cases[] = {
      {"", GLC_CLOSED},
      {"H", GLC_CLOSED},
      {"HTTP/1.1 200 OK\r\n", GLC_CLOSED},
      {"HTTP/1.1 200 OK\r\nA: b\r\n", GLC_CLOSED},
      {"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok", GLC_CLOSED},
      {"HTTP/1.1 100 Continue\r\n\r\n", GLC_CLOSED},
      {"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 O", GLC_CLOSED},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n",
       GLC_CLOSED},
      {"SSH-2.0-OpenSSH_9.2\r\n", GLC_PROTOCOL},
      {"<html>an answer of HTTP/0.9</html>", GLC_PROTOCOL},
      {"\x16\x03\x01\x02\x00\x01", GLC_PROTOCOL},
      {"HTTP/9.9 200 OK\r\n\r\n", GLC_PROTOCOL},
      {"HTTP/1.1 200 OK\r\nno colon here\r\n\r\n", GLC_PROTOCOL},
      {"HTTP/1.1 200 OK\r\n folded at first\r\n\r\n", GLC_PROTOCOL},
      {"HTTP/1.1 200 OK\r\nContent-Length: -3\r\n\r\nok", GLC_PROTOCOL},
      {"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n0123456789", GLC_OK},
      {"HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n0123456789a",
       GLC_TOO_LARGE},
      {"HTTP/1.0 200 OK\r\n\r\n0123456789a", GLC_TOO_LARGE},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n6\r\n012345\r\n"
       "6\r\n6789ab\r\n0\r\n\r\n",
       GLC_TOO_LARGE},
      {"HTTP/1.0 200 OK\r\n\r\n0123456789", GLC_OK},
      {"HTTP/1.1 200 OK\nContent-Length: 2\n\nok", GLC_OK},
  };
  size_t i;

  for (i = 0; i < sizeof cases / sizeof *cases; i++) {
    if (!CHECK_NUMBER(get(cases[i].answer), cases[i].code)) {
      printf("  case %lu\n", (unsigned long)i);
    }
  }
}

/* Heads of exactly the bound, and of one byte more. */
static void test_head_bound(void) {
  static const char format[] = "HTTP/1.1 204 No\r\nX: %0*d\r\n\r\n";
  char answer[2048];
  int i;

  for (i = 0; i < 2; i++) {
    const int around = (int)strlen("HTTP/1.1 204 No\r\nX: \r\n\r\n");

    (void)snprintf(answer, sizeof answer, format, 1000 - around + i, 0);
    CHECK_NUMBER(strlen(answer), 1000 + i);
    CHECK_NUMBER(get(answer), i == 0 ? GLC_OK : GLC_TOO_LARGE);
  }
}

/* Serves: the same piece again and again. */
static void serve_endless(struct server_connection *connection) {
  if (server_receive(connection)) {
    while (server_answer(connection)) {
    }
  }
}

/* Serves: a head whose one line never ends. */
static void serve_endless_line(struct server_connection *connection) {
  static const char start[] = "HTTP/1.1 200 OK\r\nX: ";

  if (server_receive(connection) &&
      server_send(connection, start, sizeof start - 1)) {
    while (server_answer(connection)) {
    }
  }
}

static void test_endless(void) {
  static const struct {
    void (*serve)(struct server_connection *connection);
    const char *piece;
  } cases[] = {
      {serve_endless, "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"},
      {serve_endless, "HTTP/1.1 100 Continue\r\n\r\n"},
      {serve_endless, "HTTP/1.1 200 OK\r\n\r\nbodybodybodybodybodybody"},
      {serve_endless_line, "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"},
      {serve_endless_line, "x\r\nY: yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy"},
  };
  size_t i;

  for (i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct exchange exchange;

    server_start(&server, cases[i].serve, cases[i].piece);
    exchange_init(&exchange, server.port, "GET", "/");
    if (!CHECK_NUMBER(exchange_code(http, &exchange), GLC_TOO_LARGE)) {
      printf("  case %lu\n", (unsigned long)i);
    }
    server_stop(&server);
  }
}

static void test_not_connected(void) {
  struct exchange exchange;
  struct glc_transfer *transfer;
  int port, fd = server_bind(&port);

  exchange_init(&exchange, port, "POST", "/");
  transfer = exchange_run(http, &exchange);
  if (CHECK(transfer != NULL)) {
    CHECK_NUMBER(glc_transfer_result(transfer, NULL), GLC_CONNECT);
    CHECK(!glc_transfer_sent(transfer));
    CHECK_NUMBER(glc_transfer_status(transfer), 0);
    CHECK_BYTES(glc_transfer_body(transfer), "");
    CHECK_BYTES(glc_transfer_reason(transfer), "");
    CHECK_BYTES(exchange_header(transfer, "X"), "");
  }
  glc_transfer_free(transfer);
  close(fd);
}

/* Fills a listener's queue, so that the next one is not answered. */
static void test_connect_timeout(void) {
  enum { FILLERS = 8 };
  struct exchange exchange;
  struct sockaddr_in address;
  socklen_t size = sizeof address;
  struct glc_transfer *transfer;
  int fillers[FILLERS], port, i, fd = server_bind(&port);

  CHECK(listen(fd, 0) == 0);
  CHECK(getsockname(fd, (struct sockaddr *)&address, &size) == 0);
  for (i = 0; i < FILLERS; i++) {
    fillers[i] = socket(AF_INET, SOCK_STREAM, 0);
    CHECK(fcntl(fillers[i], F_SETFL, O_NONBLOCK) == 0);
    (void)connect(fillers[i], (struct sockaddr *)&address, size);
  }
  exchange_init(&exchange, port, "POST", "/");
  exchange.request.connect_timeout = 100;
  transfer = exchange_run(http, &exchange);
  if (CHECK(transfer != NULL)) {
    CHECK_NUMBER(glc_transfer_result(transfer, NULL), GLC_CONNECT_TIMEOUT);
    CHECK(!glc_transfer_sent(transfer));
  }
  glc_transfer_free(transfer);
  exchange.request.connect_timeout = 0;
  exchange.request.timeout = 100;
  CHECK_NUMBER(exchange_code(http, &exchange), GLC_DEADLINE);
  for (i = 0; i < FILLERS; i++) {
    close(fillers[i]);
  }
  close(fd);
}

/* Serves: takes what comes, says nothing. */
static void serve_silence(struct server_connection *connection) {
  server_linger(connection);
}

static void check_late(const char *answer, int64_t read_timeout,
                       int64_t timeout, enum glc_code expected) {
  struct exchange exchange;
  struct glc_transfer *transfer;

  server_start(&server, serve_and_stall, answer);
  exchange_init(&exchange, server.port, "POST", "/");
  exchange.request.read_timeout = read_timeout;
  exchange.request.timeout = timeout;
  transfer = exchange_run(http, &exchange);
  if (CHECK(transfer != NULL)) {
    CHECK_NUMBER(glc_transfer_result(transfer, NULL), expected);
    CHECK(glc_transfer_sent(transfer));
  }
  glc_transfer_free(transfer);
  server_stop(&server);
}

static void use_tls(struct exchange *exchange) {
  (void)snprintf(exchange->url, sizeof exchange->url, "https://127.0.0.1:%d/",
                 server.port);
  exchange->request.url = glc_bytes_of(exchange->url);
}

static void test_late(void) {
  static const char half[] = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok";
  struct exchange exchange;

  check_late("", 200, 0, GLC_READ_TIMEOUT);
  check_late("HTTP/1.1 2", 200, 0, GLC_READ_TIMEOUT);
  check_late("HTTP/1.1 100 Continue\r\n\r\n", 200, 0, GLC_READ_TIMEOUT);
  check_late(half, 200, 0, GLC_READ_TIMEOUT);
  check_late("", 0, 200, GLC_DEADLINE);
  check_late(half, 0, 200, GLC_DEADLINE);
  check_late(half, 10000, 200, GLC_DEADLINE);
  check_late(half, 200, 10000, GLC_READ_TIMEOUT);
  check_late(ANSWER, 10000, 10000, GLC_OK);
  check_late(ANSWER, INT64_MAX, INT64_MAX, GLC_OK);

  /* TLS that is not answered counts as connecting. */
  server_start(&server, serve_silence, "");
  exchange_init(&exchange, server.port, "POST", "/");
  use_tls(&exchange);
  exchange.request.connect_timeout = 100;
  CHECK_NUMBER(exchange_code(http, &exchange), GLC_CONNECT_TIMEOUT);
  server_stop(&server);
}

/* Serves: bytes one by one, slower than the read time-out altogether. */
static void serve_slowly(struct server_connection *connection) {
  size_t i;

  for (i = 0; server_receive(connection);) {
    for (i = 0; i < connection->server->answer_length; i++) {
      glc_clock_sleep(25);
      (void)server_send(connection, connection->server->answer + i, 1);
    }
  }
}

/* The read time-out is for silence, not for the whole. */
static void test_slow(void) {
  struct exchange exchange;

  server_start(&server, serve_slowly, ANSWER);
  exchange_init(&exchange, server.port, "GET", "/");
  exchange.request.read_timeout = 1000; /* the 46 bytes take more */
  CHECK_NUMBER(exchange_code(http, &exchange), GLC_OK);
  server_stop(&server);
}

/* 40 bytes a second are too few, or enough. */
static void check_trickle(size_t limit, int64_t time, int64_t read_timeout,
                          enum glc_code expected) {
  static const char answer[] = "HTTP/1.1 200 OK\r\nContent-Length: 40\r\n\r\n"
                               "0123456789012345678901234567890123456789";
  struct exchange exchange;

  server_start(&server, serve_slowly, answer);
  exchange_init(&exchange, server.port, "GET", "/");
  exchange.request.low_speed_limit = limit;
  exchange.request.low_speed_time = time;
  exchange.request.read_timeout = read_timeout;
  CHECK_NUMBER(exchange_code(http, &exchange), expected);
  server_stop(&server);
}

static void test_trickle(void) {
  check_trickle(1000, 300, 0, GLC_READ_TIMEOUT);
  check_trickle(1000, 300, 10000, GLC_READ_TIMEOUT);
  check_trickle(SIZE_MAX, 300, 0, GLC_READ_TIMEOUT);
  check_trickle(10, 400, 10000, GLC_OK);
  check_trickle(1000, 60000, 10000, GLC_OK); /* it is whole before */
  check_trickle(1000, INT64_MAX, 0, GLC_OK);
  check_trickle(1000, 0, 0, GLC_OK);
  check_trickle(0, 10, 0, GLC_OK);
}

/* Serves: never reads, so an upload stands still. */
static void serve_nothing(struct server_connection *connection) {
  (void)connection;
  glc_clock_sleep(400);
}

static void test_upload_stalls(void) {
  const size_t length = 16 * 1024 * 1024;
  char *body = calloc(length, 1);
  struct exchange exchange;

  server_start(&server, serve_nothing, "");
  exchange_init(&exchange, server.port, "POST", "/");
  exchange.request.body = (struct glc_bytes){body, length};
  exchange.request.read_timeout = 100;
  CHECK_NUMBER(exchange_code(http, &exchange), GLC_READ_TIMEOUT);
  exchange.request.read_timeout = 10000; /* then the server closes */
  CHECK_NUMBER(exchange_code(http, &exchange), GLC_CLOSED);
  server_stop(&server);
  free(body);
}

static void check_refused(struct exchange *exchange) {
  CHECK_NUMBER(exchange_code(http, exchange), GLC_INVALID);
  exchange_init(exchange, server.port, "GET", "/");
}

#define BYTES(text) \
  { (text), sizeof(text) - 1 }

/* What would say something else on the wire than what was asked for. */
static void test_injection(void) {
  static const struct glc_bytes names[] = {
      BYTES(""),     BYTES("A B"), BYTES("A:"),   BYTES("A\r\nB"),
      BYTES("A\0B"), BYTES("A;"),  BYTES("\xc3"), BYTES("A\t")};
  static const struct glc_bytes values[] = {BYTES("a\r\nB: c"),
                                            BYTES("a\nB: c"), BYTES("a\r"),
                                            BYTES("a\0b"), BYTES("\n")};
  static const struct glc_bytes methods[] = {
      BYTES(""), BYTES("GET /x HTTP/1.1\r\nA:"), BYTES("GET "), BYTES("G\0T"),
      BYTES("G\nT")};
  static const struct glc_bytes urls[] = {BYTES(""),
                                          BYTES("http://127.0.0.1:1/a b"),
                                          BYTES("http://127.0.0.1:1/a\r\nX: y"),
                                          BYTES("http://127.0.0.1:1/a\0b"),
                                          BYTES("http://127.0.0.1:1/a\x7f"),
                                          BYTES("http://127.0.0.1:99999/"),
                                          BYTES("http://[::1/"),
                                          BYTES("ftp://127.0.0.1:1/"),
                                          BYTES("file:///etc/passwd")};
  struct exchange exchange;
  size_t i;

  server_start(&server, serve_all, ANSWER);
  exchange_init(&exchange, server.port, "GET", "/");
  for (i = 0; i < sizeof names / sizeof *names; i++) {
    exchange_add(&exchange, "", "value");
    exchange.headers[0].name = names[i];
    check_refused(&exchange);
  }
  for (i = 0; i < sizeof values / sizeof *values; i++) {
    exchange_add(&exchange, "Name", "");
    exchange.headers[0].value = values[i];
    check_refused(&exchange);
  }
  for (i = 0; i < sizeof methods / sizeof *methods; i++) {
    exchange.request.method = methods[i];
    check_refused(&exchange);
  }
  for (i = 0; i < sizeof urls / sizeof *urls; i++) {
    exchange.request.url = urls[i];
    check_refused(&exchange);
  }
  CHECK_NUMBER(exchange_code(http, &exchange), GLC_OK);
  server_stop(&server);
  CHECK_NUMBER(server.requests, 1);
}

/* Serves: no TLS, whatever is said. */
static void serve_no_tls(struct server_connection *connection) {
  (void)server_answer(connection);
  server_linger(connection);
}

static void test_no_tls(void) {
  struct exchange exchange;

  server_start(&server, serve_no_tls, ANSWER);
  exchange_init(&exchange, server.port, "GET", "/");
  use_tls(&exchange);
  CHECK_NUMBER(exchange_code(http, &exchange), GLC_TLS);
  exchange.request.insecure = true;
  CHECK_NUMBER(exchange_code(http, &exchange), GLC_TLS);
  exchange.request.insecure = false;
  exchange.request.ca_bundle = glc_bytes_of("/nonexistent.pem");
  CHECK_NUMBER(exchange_code(http, &exchange), GLC_TLS);
  server_stop(&server);
}

int main(void) {
  const int descriptors = count_descriptors();

  http = glc_http_open(NULL);
  if (CHECK(http != NULL)) {
    test_answers();
    test_head_bound();
    test_endless();
    test_not_connected();
    test_connect_timeout();
    test_late();
    test_slow();
    test_trickle();
    test_upload_stalls();
    test_injection();
    test_no_tls();
  }
  glc_http_close(http);
  CHECK_NUMBER(count_descriptors(), descriptors);
  return check_report("http_failure");
}
