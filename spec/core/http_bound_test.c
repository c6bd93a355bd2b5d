/* What a response costs in memory, and what is left in memory of secrets. */
#define _POSIX_C_SOURCE 200809L

#include "exchange.h"
#include "faults.h"

enum {
  MIB = 1024 * 1024,
  LIMIT = 8 * MIB,
  STEP = 128 * 1024,
  MOST = LIMIT + 2 * STEP /* the limit, and one step */
};

static struct glc_http *http;
static struct server server;
static char piece[STEP];

/* Serves: the head that is the answer, then a byte more than the limit. */
static void serve_too_much(struct server_connection *connection) {
  long long left = LIMIT + 1;

  if (server_receive(connection) && server_answer(connection)) {
    while (left > 0 &&
           server_send(connection, piece,
                       left < STEP ? (size_t)left : (size_t)STEP)) {
      left -= STEP;
    }
  }
}

/* Serves: as much in chunks, the first ones small. */
static void serve_chunks(struct server_connection *connection) {
  static const char small[] = "1\r\nx\r\n", large[] = "20000\r\n";
  int i;

  if (server_receive(connection) && server_answer(connection)) {
    for (i = 0; i < 1000 && server_send(connection, small, 6); i++) {
    }
    for (i = 0; i <= LIMIT / STEP && server_send(connection, large, 7) &&
                server_send(connection, piece, STEP) &&
                server_send(connection, "\r\n", 2);
         i++) {
    }
  }
}

static void check_refused(void (*serve)(struct server_connection *),
                          const char *head, size_t most) {
  struct exchange exchange;

  server_start(&server, serve, head);
  exchange_init(&exchange, server.port, "GET", "/");
  exchange.request.max_body_bytes = LIMIT;
  faults_measure();
  CHECK_NUMBER(exchange_code(http, &exchange), GLC_TOO_LARGE);
  if (!CHECK(faults.peak <= most)) {
    printf("  %lu bytes for %s\n", (unsigned long)faults.peak, head);
  }
  server_stop(&server);
}

static void test_refused(void) {
  check_refused(serve_too_much,
                "HTTP/1.1 200 OK\r\nContent-Length: 8388609\r\n\r\n", STEP);
  check_refused(serve_too_much,
                "HTTP/1.1 500 No\r\ncontent-length: 9223372036854775807"
                "\r\n\r\n",
                STEP);
  /* To libcurl this is no length. */
  check_refused(serve_too_much,
                "HTTP/1.1 500 No\r\nContent-Length: 9223372036854775808"
                "\r\n\r\n",
                MOST);
  check_refused(serve_too_much, "HTTP/1.1 200 OK\r\n\r\n", MOST);
  check_refused(serve_chunks,
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
                MOST);
  /* A length that counts for nothing beside chunks. */
  check_refused(serve_chunks,
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n"
                "Content-Length: 5\r\n\r\n",
                MOST);
}

/* Serves: the head that is the answer, then as much as the limit allows. */
static void serve_enough(struct server_connection *connection) {
  int i;

  if (server_receive(connection) && server_answer(connection)) {
    for (i = 0; i < LIMIT / STEP && server_send(connection, piece, STEP);
         i++) {
    }
  }
}

static void check_taken(const char *head) {
  struct exchange exchange;
  struct glc_transfer *transfer;

  server_start(&server, serve_enough, head);
  exchange_init(&exchange, server.port, "GET", "/");
  exchange.request.max_body_bytes = LIMIT;
  faults_measure();
  transfer = exchange_run(http, &exchange);
  CHECK_NUMBER(glc_transfer_result(transfer, NULL), GLC_OK);
  CHECK_NUMBER(glc_transfer_body(transfer).length, LIMIT);
  CHECK(faults.peak <= MOST);
  glc_transfer_free(transfer);
  server_stop(&server);
}

/* What was reserved and not used is given back with the response. */
static void test_short(void) {
  static char answer[MIB];
  int length = snprintf(answer, sizeof answer, "HTTP/1.1 200 OK\r\n\r\n");
  struct exchange exchange;
  struct glc_transfer *transfer;

  memset(answer + length, 'x', 200000);
  server_start(&server, serve_one, answer);
  exchange_init(&exchange, server.port, "GET", "/");
  exchange.request.max_body_bytes = LIMIT;
  faults_measure();
  transfer = exchange_run(http, &exchange);
  CHECK_NUMBER(glc_transfer_body(transfer).length, 200000);
  CHECK(faults.held < 200000 + STEP);
  glc_transfer_free(transfer);
  server_stop(&server);
}

/* HEAD, 204 and 304 have a length, and no body that could be too large. */
static void test_bodiless(void) {
  static const struct {
    const char *method, *answer;
  } cases[] = {
      {"HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n"},
      {"GET", "HTTP/1.1 304 Same\r\nContent-Length: 99999999999\r\n\r\n"},
  };
  size_t i;

  for (i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct exchange exchange;

    server_start(&server, serve_one, cases[i].answer);
    exchange_init(&exchange, server.port, cases[i].method, "/");
    CHECK_NUMBER(exchange_code(http, &exchange), GLC_OK);
    server_stop(&server);
  }
}

#define TOKEN "T0KEN-that-nobody-may-find"

/* Serves: the token in a body of many pieces. */
static void serve_token(struct server_connection *connection) {
  static const char head[] = "HTTP/1.1 200 OK\r\n\r\n";
  int i;

  if (server_receive(connection) &&
      server_send(connection, head, sizeof head - 1)) {
    for (i = 0; i < 5000 && server_send(connection, TOKEN, sizeof TOKEN - 1);
         i++) {
    }
  }
}

static void check_wiped(bool secret_body, size_t limit, bool cancel) {
  struct exchange exchange;
  struct glc_transfer *transfer;

  server_start(&server, serve_token, "");
  exchange_init(&exchange, server.port, "POST", "/");
  exchange_add(&exchange, "X-Amz-Security-Token", TOKEN);
  exchange_add(&exchange, "X-Empty", "");
  exchange.request.secret_body = secret_body;
  exchange.request.body = glc_bytes_of(secret_body ? "a=" TOKEN : "");
  exchange.request.max_body_bytes = limit;
  faults_seek(TOKEN);
  transfer = glc_http_start(http, &exchange.request, NULL);
  if (cancel) {
    glc_transfer_cancel(transfer);
  }
  CHECK(exchange_wait(http));
  glc_transfer_free(transfer);
  CHECK((faults.unwiped == 0) == (secret_body || cancel));
  faults_seek(NULL);
  server_stop(&server);
}

static void test_wiped(void) {
  struct exchange exchange;

  check_wiped(true, LIMIT, false);
  check_wiped(true, 1000, false); /* refused amid the body */
  check_wiped(true, LIMIT, true);
  check_wiped(false, LIMIT, true);
  check_wiped(false, LIMIT, false); /* so a body that is not wiped is found */
  /* A request that is refused after some of its fields were taken. */
  exchange_init(&exchange, 1, "GET", "/");
  exchange_add(&exchange, "X-Amz-Security-Token", TOKEN);
  exchange_add(&exchange, "X Y", "");
  faults_seek(TOKEN);
  CHECK_NUMBER(exchange_code(http, &exchange), GLC_INVALID);
  CHECK_NUMBER(faults.unwiped, 0);
  faults_seek(NULL);
}

int main(void) {
  memset(piece, 'x', sizeof piece);
  http = glc_http_open(NULL);
  if (CHECK(http != NULL)) {
    test_refused();
    check_taken("HTTP/1.1 200 OK\r\nContent-Length: 8388608\r\n\r\n");
    check_taken("HTTP/1.1 200 OK\r\n\r\n");
    test_short();
    test_bodiless();
    test_wiped();
  }
  glc_http_close(http);
  return check_report("http_bound");
}
