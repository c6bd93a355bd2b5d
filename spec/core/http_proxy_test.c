/* Requests by way of a proxy: which one, and how it fails. */
#define _POSIX_C_SOURCE 200809L

#include "exchange.h"
#include "faults.h"

static struct glc_http *http;
static struct server server;
static char proxy_url[64];
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

/* A tunnel that is not dug: nothing of the request was sent. */
static void check_tunnel(const char *answer, enum glc_code expected) {
  struct exchange exchange;
  struct glc_transfer *transfer;
  struct glc_error error = {GLC_OK, ""};

  start(serve_one, answer);
  prepare(&exchange, "https://glacier.invalid/");
  exchange_add(&exchange, "X-Amz-Security-Token", "TOKEN");
  transfer = exchange_run(http, &exchange);
  server_stop(&server);
  if (CHECK(transfer != NULL)) {
    CHECK_NUMBER(glc_transfer_result(transfer, &error), expected);
    CHECK(!glc_transfer_sent(transfer));
    CHECK(strstr(error.message, "pass") == NULL);
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
  CHECK_NUMBER(exchange_code(http, &exchange), GLC_CONNECT);
  proxy = glc_bytes_of(NO_HOST);
  CHECK_NUMBER(exchange_code(http, &exchange), GLC_PROXY);
  proxy = glc_bytes_of("");
  exchange.request.url = glc_bytes_of(NO_HOST);
  CHECK_NUMBER(exchange_code(http, &exchange), GLC_RESOLVE);
  close(fd);
}

int main(void) {
  http = glc_http_open(NULL);
  if (CHECK(http != NULL)) {
    test_plain();
    test_variables();
    check_tunnel("HTTP/1.1 403 No\r\nX: 1\r\nContent-Length: 2\r\n\r\nno",
                 GLC_PROXY);
    check_tunnel("HTTP/1.1 407 Who\r\nProxy-Authenticate: Basic realm=\"x\""
                 "\r\nContent-Length: 0\r\n\r\n",
                 GLC_PROXY);
    check_tunnel("HTTP/1.1 200 OK\r\n\r\nno TLS follows", GLC_TLS);
    check_tunnel("", GLC_CLOSED);
    test_unreachable();
  }
  glc_http_close(http);
  return check_report("http_proxy");
}
