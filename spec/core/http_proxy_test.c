/* Requests by way of a proxy: which one, and how it fails. */
#define _POSIX_C_SOURCE 200809L

#include "exchange.h"
#include "faults.h"
#include "under_valgrind.h"

static struct glc_http *http;
static struct server server;
static char proxy_url[128];
static char proxy_name[64]; /* as failures tell it */
static struct glc_bytes proxy;

/* A request to a host that only a proxy could find. */
static void prepare(struct exchange *exchange, const char *url) {
  exchange_init(exchange, 1, "POST", "/");
  exchange->request.url = glc_bytes_of(url);
  exchange->request.proxy = &proxy;
}

static void start(void (*serve)(struct server_connection *connection),
                  const char *answer) {
  server_start(&server, serve, answer);
  (void)snprintf(proxy_name, sizeof proxy_name, "http://127.0.0.1:%d",
                 server.port);
  (void)snprintf(proxy_url, sizeof proxy_url, "http://me:pass@127.0.0.1:%d",
                 server.port);
  proxy = glc_bytes_of(proxy_url);
}

static void test_plain(void) {
  static const char line[] = "POST http://glacier.invalid/a/../b HTTP/1.1\r\n";
  struct exchange exchange;

  start(serve_all, ANSWER);
  prepare(&exchange, "http://glacier.invalid/a/../b");
  CHECK_NUMBER(exchange_code(http, &exchange), GLC_OK);
  server_stop(&server);
  CHECK(strstr(server.head, line) == server.head);
  CHECK(strstr(server.head, "Proxy-Authorization: Basic bWU6cGFzcw==") != NULL);
  CHECK(strstr(server.head, "\r\nAuthorization") == NULL);
}

/* Without a proxy of its own a request follows the usual variables. */
static void test_variables(void) {
  struct exchange exchange;

  start(serve_all, ANSWER);
  CHECK(setenv("http_proxy", proxy_url, 1) == 0);
  prepare(&exchange, "http://glacier.invalid/");
  exchange.request.proxy = NULL;
  CHECK_NUMBER(exchange_code(http, &exchange), GLC_OK);
  CHECK(setenv("http_proxy", "http://127.0.0.1:1", 1) == 0);
  exchange_init(&exchange, server.port, "GET", "/");
  CHECK_NUMBER(exchange_code(http, &exchange), GLC_OK); /* empty is none */
  CHECK(unsetenv("http_proxy") == 0);
  server_stop(&server);
  CHECK_NUMBER(server.requests, 2);
}

/* A proxy that was given is used, whatever no_proxy says. */
static void test_no_proxy(void) {
  struct exchange exchange;

  start(serve_all, ANSWER);
  CHECK(setenv("no_proxy", "*", 1) == 0);
  prepare(&exchange, "http://glacier.invalid/");
  CHECK_NUMBER(exchange_code(http, &exchange), GLC_OK);
  CHECK(unsetenv("no_proxy") == 0);
  server_stop(&server);
  CHECK_NUMBER(server.requests, 1);
}

/* Serves: the answer to one request, then a reset. */
static void serve_and_reset(struct server_connection *connection) {
  const struct linger now = {1, 0};

  if (server_receive(connection) && server_answer(connection)) {
    glc_clock_sleep(20); /* else the reset takes the answer away */
    (void)setsockopt(connection->fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  }
}

/* A tunnel that is not dug: nothing of the request was sent. */
static void check_tunnel(void (*serve)(struct server_connection *connection),
                         const char *answer, enum glc_code expected,
                         bool at_proxy) {
  struct exchange exchange;
  struct glc_transfer *transfer;
  struct glc_error error = {GLC_OK, ""};

  start(serve, answer);
  prepare(&exchange, "https://glacier.invalid/");
  exchange.request.connect_timeout = patience(200);
  exchange_add(&exchange, "X-Amz-Security-Token", "TOKEN");
  transfer = exchange_run(http, &exchange);
  server_stop(&server);
  if (CHECK(transfer != NULL)) {
    CHECK_NUMBER(glc_transfer_result(transfer, &error), expected);
    CHECK(!glc_transfer_sent(transfer));
    CHECK(strstr(error.message, "pass") == NULL);
    CHECK_BYTES(glc_transfer_proxy(transfer), at_proxy ? proxy_name : "");
    CHECK_BYTES(glc_transfer_body(transfer), "");
    CHECK_BYTES(exchange_header(transfer, "X"), "");
  }
  glc_transfer_free(transfer);
  CHECK(strstr(server.head, "CONNECT glacier.invalid:443 HTTP/1.1\r\n") ==
        server.head);
  CHECK(strstr(server.head, "TOKEN") == NULL);
}

/* A label of 64 letters is no name: no server need be asked. */
#define EIGHT "aaaaaaaa"
#define NO_HOST \
  "http://" EIGHT EIGHT EIGHT EIGHT EIGHT EIGHT EIGHT EIGHT ".example:1"

static void test_unreachable(void) {
  struct exchange exchange;
  int port, fd = server_bind(&port);

  (void)snprintf(proxy_url, sizeof proxy_url, "http://127.0.0.1:%d", port);
  proxy = glc_bytes_of(proxy_url);
  prepare(&exchange, "http://glacier.invalid/");
  CHECK_NUMBER(exchange_code(http, &exchange), GLC_PROXY);
  exchange.request.url = glc_bytes_of("https://glacier.invalid/");
  CHECK_NUMBER(exchange_code(http, &exchange), GLC_PROXY);
  proxy = glc_bytes_of(NO_HOST);
  CHECK_NUMBER(exchange_code(http, &exchange), GLC_PROXY);
  exchange.request.url = glc_bytes_of("http://glacier.invalid/");
  CHECK_NUMBER(exchange_code(http, &exchange), GLC_PROXY);
  proxy = glc_bytes_of("");
  exchange.request.url = glc_bytes_of(NO_HOST);
  CHECK_NUMBER(exchange_code(http, &exchange), GLC_RESOLVE);
  close(fd);
}

/* A deadline ends what stands at the proxy as well. */
static void test_deadline(void) {
  struct exchange exchange;
  struct glc_transfer *transfer;

  start(serve_and_stall, "");
  prepare(&exchange, "https://glacier.invalid/");
  exchange.request.timeout = 100;
  transfer = exchange_run(http, &exchange);
  if (CHECK(transfer != NULL)) {
    CHECK_NUMBER(glc_transfer_result(transfer, NULL), GLC_DEADLINE);
    CHECK_BYTES(glc_transfer_proxy(transfer), proxy_name);
  }
  glc_transfer_free(transfer);
  server_stop(&server);
}

/* What comes after the request is the server's, if only by way of the proxy. */
static void test_after_request(void) {
  struct exchange exchange;
  struct glc_transfer *transfer;

  start(serve_one, "");
  prepare(&exchange, "http://glacier.invalid/");
  transfer = exchange_run(http, &exchange);
  if (CHECK(transfer != NULL)) {
    CHECK_NUMBER(glc_transfer_result(transfer, NULL), GLC_CLOSED);
    CHECK_BYTES(glc_transfer_proxy(transfer), "");
    CHECK(glc_transfer_sent(transfer));
  }
  glc_transfer_free(transfer);
  server_stop(&server);
}

/* A proxy that libcurl would leave out silently, or cannot read. */
static void test_unusable(void) {
  static const char *const urls[] = {
      "http://me%00:s3cr3t@127.0.0.1:1", "http://me:s3cr3t%00@127.0.0.1:1",
      "http://me:s3cr3t%0d%0a@127.0.0.1:1", "http://me:s3cr3t%7F@127.0.0.1:1",
      "http://127.0.0.1:1/s3cr3t@proxy", "http://127.0.0.1:1?s3cr3t@proxy",
      "http://me:s3cr3t@127.0.0.1:1 x", "me:s3cr3t@"};
  struct exchange exchange;
  size_t i;

  start(serve_all, ANSWER);
  exchange_init(&exchange, server.port, "GET", "/");
  exchange.request.proxy = &proxy;
  for (i = 0; i < sizeof urls / sizeof *urls; i++) {
    struct glc_error error = {GLC_OK, ""};

    proxy = glc_bytes_of(urls[i]);
    CHECK(glc_http_start(http, &exchange.request, &error) == NULL);
    CHECK_NUMBER(error.code, GLC_INVALID);
    CHECK(strstr(error.message, "s3cr3t") == NULL);
  }
  server_stop(&server);
  CHECK_NUMBER(server.requests, 0);
}

int main(void) {
  http = glc_http_open(NULL);
  if (CHECK(http != NULL)) {
    test_plain();
    test_variables();
    test_no_proxy();
    test_deadline();
    test_after_request();
    test_unusable();
    check_tunnel(serve_one,
                 "HTTP/1.1 403 No\r\nX: 1\r\nContent-Length: 2\r\n\r\nno",
                 GLC_PROXY, true);
    check_tunnel(serve_one,
                 "HTTP/1.1 407 Who\r\nProxy-Authenticate: Basic realm=\"x\""
                 "\r\nContent-Length: 0\r\n\r\n",
                 GLC_PROXY, true);
    check_tunnel(serve_one, "HTTP/1.1 200 OK\r\n\r\nno TLS follows", GLC_TLS,
                 false);
    check_tunnel(serve_one, "", GLC_PROXY, true);
    check_tunnel(serve_one, "HTTP/1.1 4", GLC_PROXY, true);
    check_tunnel(serve_one, "HTTP/1.1 200 OK\r\nX: ", GLC_PROXY, true);
    check_tunnel(serve_and_reset, "", GLC_PROXY, true);
    check_tunnel(serve_and_reset, "HTTP/1.1 200 OK\r\nX: ", GLC_PROXY, true);
    check_tunnel(serve_and_reset, "HTTP/1.1 200 OK\r\n\r\n", GLC_CLOSED,
                 false);
    check_tunnel(serve_one, "220 a server of mail\r\n\r\n", GLC_PROXY, true);
    check_tunnel(serve_one, "no line", GLC_PROXY, true);
    check_tunnel(serve_and_stall, "", GLC_CONNECT_TIMEOUT, true);
    check_tunnel(serve_and_stall, "HTTP/1.1 2", GLC_CONNECT_TIMEOUT, true);
    check_tunnel(serve_and_stall, "HTTP/1.1 200 OK\r\nX: 1\r\n",
                 GLC_CONNECT_TIMEOUT, true);
    check_tunnel(serve_and_stall, "HTTP/1.1 200 OK\r\n\r\n",
                 GLC_CONNECT_TIMEOUT, false);
    test_unreachable();
  }
  glc_http_close(http);
  return check_report("http_proxy");
}
