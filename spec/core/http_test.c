/* Whole exchanges: what goes over the wire, and what comes back. */
#define _POSIX_C_SOURCE 200809L

#include <poll.h>
#include <sys/socket.h>

#include "exchange.h"
#include "faults.h"

static struct glc_http *http;
static struct server server;

static void test_request_as_given(void) {
  struct exchange exchange;
  struct glc_transfer *transfer;

  server_start(&server, serve_all, ANSWER);
  exchange_init(&exchange, server.port, "POST", "/a/../b/./c//%2F?x=%20&y");
  exchange_add(&exchange, "Host", "glacier.example");
  exchange_add(&exchange, "X-Empty", "");
  exchange_add(&exchange, "X-Blank", " \t ");
  exchange_add(&exchange, "X-A", "1");
  exchange_add(&exchange, "X-A", "2; b");
  exchange_add(&exchange, "Content-Type", "application/json");
  exchange.request.body = glc_bytes_of("{}");
  transfer = exchange_run(http, &exchange);
  if (CHECK(transfer != NULL)) {
    CHECK_NUMBER(glc_transfer_result(transfer, NULL), GLC_OK);
    CHECK_NUMBER(glc_transfer_status(transfer), 200);
    CHECK_BYTES(glc_transfer_reason(transfer), "OK");
    CHECK_BYTES(glc_transfer_body(transfer), "ok");
    CHECK_BYTES(exchange_header(transfer, "X-A"), "1");
    CHECK(glc_transfer_sent(transfer));
  }
  glc_transfer_free(transfer);
  server_stop(&server);
  CHECK(strstr(server.head, "POST /a/../b/./c//%2F?x=%20&y HTTP/1.1\r\n") ==
        server.head);
  CHECK(strstr(server.head, "\r\nHost: glacier.example\r\n") != NULL);
  CHECK(strstr(server.head, "\r\nX-Empty:") != NULL);
  CHECK(strstr(server.head, "\r\nX-Blank:") != NULL);
  CHECK(strstr(server.head, "\r\nX-A: 1\r\nX-A: 2; b\r\n") != NULL);
  CHECK(strstr(server.head, "\r\nContent-Type: application/json\r\n") != NULL);
  CHECK(strstr(server.head, "\r\nContent-Length: 2\r\n") != NULL);
  CHECK(strstr(strstr(server.head, "Content-Type") + 1, "Content-Type") ==
        NULL);
}

/* Nothing is added that is not signed or asked for. */
static void test_nothing_added(void) {
  static const char *const methods[] = {"GET",    "POST", "PUT",
                                        "DELETE", "HEAD", "PATCH"};
  static const char *const names[] = {"Accept",          "User-Agent",
                                      "Content-Type",    "Expect",
                                      "Accept-Encoding", "Authorization"};
  size_t i, j;

  for (i = 0; i < sizeof methods / sizeof *methods; i++) {
    struct exchange exchange;
    char line[64];

    server_start(&server, serve_one, "HTTP/1.1 204 \r\n\r\n");
    exchange_init(&exchange, server.port, methods[i], "/");
    exchange.request.body = glc_bytes_of(i % 2 == 1 ? "body" : "");
    CHECK_NUMBER(exchange_code(http, &exchange), GLC_OK);
    server_stop(&server);
    (void)snprintf(line, sizeof line, "%s / HTTP/1.1\r\n", methods[i]);
    CHECK(strstr(server.head, line) == server.head);
    CHECK_NUMBER(server.body_bytes, i % 2 == 1 ? 4 : 0);
    for (j = 0; j < sizeof names / sizeof *names; j++) {
      (void)snprintf(line, sizeof line, "\r\n%s:", names[j]);
      CHECK(strstr(server.head, line) == NULL);
    }
  }
}

static void test_keep_alive(void) {
  struct exchange exchange;
  int i;

  server_start(&server, serve_all, ANSWER);
  for (i = 0; i < 50; i++) {
    exchange_init(&exchange, server.port, i % 2 ? "GET" : "POST", "/");
    exchange.request.body = glc_bytes_of(i % 2 ? "" : "{}");
    CHECK_NUMBER(exchange_code(http, &exchange), GLC_OK);
  }
  server_stop(&server);
  CHECK_NUMBER(server.accepted, 1);
  CHECK_NUMBER(server.requests, 50);
}

/* Answers one request; takes a second one and goes without a word. */
static void serve_one_and_drop(struct server_connection *connection) {
  if (server_receive(connection) && server_answer(connection)) {
    (void)server_receive(connection);
  }
}

/* A request on a reused connection that is lost; how often it was seen. */
static void check_lost(const char *method, enum glc_code expected,
                       int requests) {
  struct exchange exchange;
  struct glc_transfer *transfer;

  server_start(&server, serve_one_and_drop, ANSWER);
  exchange_init(&exchange, server.port, method, "/");
  CHECK_NUMBER(exchange_code(http, &exchange), GLC_OK);
  transfer = exchange_run(http, &exchange);
  if (CHECK(transfer != NULL)) {
    CHECK_NUMBER(glc_transfer_result(transfer, NULL), expected);
    CHECK(glc_transfer_sent(transfer));
  }
  glc_transfer_free(transfer);
  server_stop(&server);
  CHECK_NUMBER(server.requests, requests);
}

/* Whether the server's side of its first connection is closed. */
static bool is_first_closed(void) {
  bool closed;

  pthread_mutex_lock(&server.lock);
  closed = server.accepted > 0 && server.connections[0].fd < 0;
  pthread_mutex_unlock(&server.lock);
  return closed;
}

/* An idle connection that the server has closed costs nothing. */
static void test_closed_while_idle(void) {
  struct exchange exchange;

  server_start(&server, serve_one, ANSWER);
  exchange_init(&exchange, server.port, "POST", "/");
  CHECK_NUMBER(exchange_code(http, &exchange), GLC_OK);
  while (!is_first_closed()) {
    glc_clock_sleep(1);
  }
  CHECK_NUMBER(exchange_code(http, &exchange), GLC_OK);
  server_stop(&server);
  CHECK_NUMBER(server.accepted, 2);
  CHECK_NUMBER(server.requests, 2);
}

static void test_large_upload(void) {
  const size_t length = 5 * 1024 * 1024 + 3;
  char *body = malloc(length);
  struct exchange exchange;
  unsigned sum = 0;
  size_t i;

  if (CHECK(body != NULL)) {
    for (i = 0; i < length; i++) {
      body[i] = (char)(i * 31 + (i >> 12));
      sum += (unsigned char)body[i];
    }
    server_start(&server, serve_all, ANSWER);
    exchange_init(&exchange, server.port, "POST", "/");
    exchange.request.body = (struct glc_bytes){body, length};
    exchange.request.read_timeout = 10000;
    CHECK_NUMBER(exchange_code(http, &exchange), GLC_OK);
    server_stop(&server);
    CHECK_NUMBER(server.body_bytes, length);
    CHECK_NUMBER(server.body_sum, sum);
    CHECK(strstr(server.head, "Expect") == NULL);
    CHECK(strstr(server.head, "Transfer-Encoding") == NULL);
  }
  free(body);
}

/* An event loop in small: fds and timeout out, what is ready in. */
static void drive(struct glc_http *engine) {
  const int64_t start = glc_clock_monotonic();
  enum glc_code code = glc_http_step(engine, NULL, 0, NULL);

  while (code == GLC_OK && glc_http_active(engine) > 0 &&
         glc_clock_monotonic() - start < EXCHANGE_PATIENCE) {
    struct glc_http_event ready[256];
    struct pollfd polled[256];
    size_t count, ready_count = 0, i;
    const struct glc_http_event *fds = glc_http_fds(engine, &count);
    int64_t timeout = glc_http_timeout(engine);

    for (i = 0; i < count && i < 256; i++) {
      polled[i].fd = fds[i].fd;
      polled[i].events =
          (short)(((fds[i].events & GLC_HTTP_READ) ? POLLIN : 0) |
                  ((fds[i].events & GLC_HTTP_WRITE) ? POLLOUT : 0));
    }
    (void)poll(polled, (nfds_t)i, timeout < 0 ? 1000 : (int)timeout);
    while (i-- > 0) {
      if (polled[i].revents != 0) {
        ready[ready_count].fd = polled[i].fd;
        ready[ready_count].events =
            ((polled[i].revents & POLLIN) ? GLC_HTTP_READ : 0) |
            ((polled[i].revents & POLLOUT) ? GLC_HTTP_WRITE : 0) |
            ((polled[i].revents & (POLLERR | POLLHUP)) ? GLC_HTTP_ERROR : 0);
        ready_count++;
      }
    }
    code = glc_http_step(engine, ready, ready_count, NULL);
  }
  CHECK_NUMBER(code, GLC_OK);
  CHECK_NUMBER(glc_http_active(engine), 0);
}

/* A hundred at once on an engine, by its own wait or by an event loop. */
static void test_many(void (*run)(struct glc_http *engine)) {
  enum { MANY = 100 };
  struct glc_transfer *transfers[MANY];
  struct glc_http *own = glc_http_open(NULL);
  struct exchange exchange;
  size_t count;
  int i;

  server_start(&server, serve_all, ANSWER);
  exchange_init(&exchange, server.port, "POST", "/");
  exchange.request.body = glc_bytes_of("{}");
  for (i = 0; i < MANY; i++) {
    transfers[i] = glc_http_start(own, &exchange.request, NULL);
    CHECK(transfers[i] != NULL);
  }
  CHECK_NUMBER(glc_http_active(own), MANY);
  run(own);
  for (i = 0; i < MANY; i++) {
    CHECK(glc_transfer_done(transfers[i]));
    CHECK_NUMBER(glc_transfer_result(transfers[i], NULL), GLC_OK);
    CHECK_BYTES(glc_transfer_body(transfers[i]), "ok");
    glc_transfer_free(transfers[i]);
  }
  (void)glc_http_fds(own, &count);
  CHECK_NUMBER(count, 0);
  glc_http_close(own);
  server_stop(&server);
  CHECK_NUMBER(server.requests, MANY);
}

/* Whether the socket of a request on its way is probed while it is silent. */
static void test_tcp_keepalive(bool wanted) {
  struct glc_http *own = glc_http_open(NULL);
  const struct glc_http_event *fds;
  struct glc_transfer *transfer;
  struct exchange exchange;
  socklen_t size = sizeof(int);
  size_t count = 0;
  int on = -1;

  server_start(&server, serve_all, ANSWER);
  exchange_init(&exchange, server.port, "GET", "/");
  exchange.request.tcp_keepalive = wanted;
  transfer = glc_http_start(own, &exchange.request, NULL);
  CHECK_NUMBER(glc_http_step(own, NULL, 0, NULL), GLC_OK);
  fds = glc_http_fds(own, &count);
  CHECK_NUMBER(count, 1);
  if (count == 1) {
    CHECK_NUMBER(getsockopt(fds[0].fd, SOL_SOCKET, SO_KEEPALIVE, &on, &size),
                 0);
    CHECK_NUMBER(on, wanted);
  }
  CHECK(exchange_wait(own));
  glc_transfer_free(transfer);
  glc_http_close(own);
  server_stop(&server);
}

static void wait_for_all(struct glc_http *engine) {
  CHECK(exchange_wait(engine));
}

int main(void) {
  int descriptors;

  http = glc_http_open(NULL);
  glc_http_close(http);
  glc_http_close(NULL);
  glc_transfer_free(NULL);
  descriptors = count_descriptors();
  http = glc_http_open(NULL);
  if (CHECK(http != NULL)) {
    CHECK_NUMBER(glc_http_step(http, NULL, 0, NULL), GLC_OK);
    CHECK_NUMBER(glc_http_wait(http, 0, NULL), GLC_OK);
    test_request_as_given();
    test_nothing_added();
    test_keep_alive();
    check_lost("POST", GLC_CLOSED, 2);
    check_lost("PATCH", GLC_CLOSED, 2);
    check_lost("GET", GLC_OK, 3);
    test_closed_while_idle();
    test_large_upload();
    test_many(wait_for_all);
    test_many(drive);
    test_tcp_keepalive(true);
    test_tcp_keepalive(false);
  }
  glc_http_close(http);
  CHECK_NUMBER(count_descriptors(), descriptors);
  return check_report("http");
}
