/*
 * Easy handles stay set up from one request to the next: nothing of another
 * request may be in one. What each of many requests of one engine, all unlike
 * each other, says and comes to is compared with the same request alone.
 */
#define _POSIX_C_SOURCE 200809L

#include "chance.h"
#include "exchange.h"
#include "faults.h"

enum { ROUNDS = 150, SHOWN = 64 };

/* What is disturbed may be received late: that is another server's. */
static struct server server, disturbed;

/* 40 times "x". */
static const unsigned char gzipped[] = {
    31, 139, 8, 0, 0, 0, 0, 0, 2, 3, 171, 168, 32, 14, 0, 0,
    240, 113, 26, 196, 40, 0, 0, 0};

static void answer_body(struct server_connection *connection,
                        const char *coding, const void *body, size_t length,
                        size_t sent) {
  char head[200];
  const bool is_head = strncmp(connection->server->head, "HEAD", 4) == 0;

  (void)snprintf(head, sizeof head,
                 "HTTP/1.1 200 OK\r\n%sContent-Length: %lu\r\n\r\n", coding,
                 (unsigned long)length);
  (void)server_send(connection, head, strlen(head));
  if (!is_head) {
    (void)server_send(connection, body, sent);
  }
}

static bool asks_for(const struct server_connection *connection,
                     const char *path) {
  const char *found = strstr(connection->server->head, path);

  return found != NULL && found < strchr(connection->server->head, '\r');
}

/* By the path: one request at a time is on its way. */
static void serve_by_path(struct server_connection *connection) {
  static const char plain[] = "yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy";

  while (server_receive(connection)) {
    if (asks_for(connection, "/gzip")) {
      answer_body(connection, "Content-Encoding: gzip\r\n", gzipped,
                  sizeof gzipped, sizeof gzipped);
    } else if (asks_for(connection, "/other")) {
      answer_body(connection, "Content-Encoding: other\r\n", plain, 40, 40);
    } else if (asks_for(connection, "/cut")) {
      answer_body(connection, "", plain, 40, 20);
      return;
    } else if (asks_for(connection, "/stall")) {
      server_linger(connection);
      return;
    } else {
      answer_body(connection, "", plain, 40, 40);
    }
  }
}

struct varied {
  struct exchange exchange;
  struct glc_bytes proxy;
  char proxy_url[80];
  char token[32];
};

static void vary_headers(struct varied *varied, unsigned round) {
  (void)snprintf(varied->token, sizeof varied->token, "token-of-%u", round);
  if (chance(2) == 0) {
    exchange_add(&varied->exchange, "X-Amz-Security-Token", varied->token);
  }
  if (chance(2) == 0) {
    exchange_add(&varied->exchange, "Accept-Encoding", "identity");
  }
  if (chance(3) == 0) {
    exchange_add(&varied->exchange, "content-type", "text/plain");
  }
  if (chance(3) == 0) {
    exchange_add(&varied->exchange, "X-Empty", "");
  }
}

/* Most of them have what stays in common: that is what must not hide more. */
static void vary(struct varied *varied, unsigned round, int port) {
  static const char *const methods[] = {"GET", "POST", "PUT", "DELETE",
                                        "HEAD"};
  static const char *const paths[] = {"/", "/gzip", "/other", "/cut",
                                      "/long?a=b"};
  const char *path = chance(16) == 0 ? "/stall" : paths[chance(5)];
  struct glc_http_request *request = &varied->exchange.request;

  exchange_init(&varied->exchange, port, methods[chance(5)], path);
  vary_headers(varied, round);
  request->body = glc_bytes_of(chance(2) == 0 ? "" : varied->token);
  request->raw_body = chance(5) == 0;
  request->secret_body = chance(3) == 0;
  request->tcp_keepalive = chance(8) == 0;
  request->fresh_connection = chance(8) == 0;
  request->insecure = chance(8) == 0;
  request->connect_timeout = chance(8) == 0 ? 15000 : 0;
  request->max_body_bytes = chance(4) == 0 ? 30 : 1024;
  request->max_header_bytes = chance(8) == 0 ? 10 : 4096;
  if (strcmp(path, "/stall") == 0) {
    request->read_timeout = 400;
  }
  if (chance(8) == 0) {
    request->ca_bundle = glc_bytes_of("/nowhere/ca.pem");
  }
  if (chance(3) == 0) {
    (void)snprintf(varied->proxy_url, sizeof varied->proxy_url,
                   "http://user:password%u@127.0.0.1:%d", chance(2), port);
    varied->proxy = glc_bytes_of(varied->proxy_url);
    request->proxy = &varied->proxy;
  } else if (chance(4) == 0) {
    request->proxy = NULL;
  }
}

/* All that can be seen of a request and of what it came to. */
struct outcome {
  enum glc_code code;
  bool reused;
  int status;
  size_t length;
  char body[SHOWN];
  char head[SERVER_HEAD];
  unsigned sum;
};

static void run(struct glc_http *http, struct exchange *exchange,
                struct outcome *outcome) {
  struct glc_transfer *transfer;
  struct glc_bytes body;

  memset(outcome, 0, sizeof *outcome);
  pthread_mutex_lock(&server.lock);
  server.head[0] = '\0';
  server.body_sum = 0;
  pthread_mutex_unlock(&server.lock);
  transfer = exchange_run(http, exchange);
  if (CHECK(transfer != NULL)) {
    body = glc_transfer_body(transfer);
    outcome->code = glc_transfer_result(transfer, NULL);
    outcome->reused = glc_transfer_reused(transfer);
    outcome->status = glc_transfer_status(transfer);
    outcome->length = body.length;
    memcpy(outcome->body, body.data, body.length < SHOWN ? body.length : SHOWN);
  }
  pthread_mutex_lock(&server.lock);
  memcpy(outcome->head, server.head, sizeof outcome->head);
  outcome->sum = server.body_sum;
  pthread_mutex_unlock(&server.lock);
  glc_transfer_free(transfer);
}

static void check_same(const struct outcome *kept,
                       const struct outcome *alone) {
  CHECK_NUMBER(kept->code, alone->code);
  CHECK_NUMBER(kept->status, alone->status);
  CHECK_NUMBER(kept->length, alone->length);
  CHECK_NUMBER(kept->sum, alone->sum);
  CHECK(memcmp(kept->body, alone->body, sizeof kept->body) == 0);
  CHECK_BYTES(glc_bytes_of(kept->head), alone->head);
}

/* Ends before or amid its work, or is refused; with faults or without. */
static void disturb(struct glc_http *http, unsigned round) {
  struct varied varied;
  struct glc_transfer *transfer;
  const unsigned kind = chance(4);

  vary(&varied, round, disturbed.port);
  if (kind == 0) {
    exchange_add(&varied.exchange, "X-Two\r\nLines", "no");
  }
  if (kind == 1) {
    faults_arm(1 + chance(16), chance(2) == 0);
  }
  transfer = glc_http_start(http, &varied.exchange.request, NULL);
  CHECK((kind == 0) == (transfer == NULL) || kind == 1);
  if (kind == 1) {
    (void)exchange_wait(http);
    (void)faults_disarm();
  } else if (kind == 2) {
    (void)glc_http_wait(http, 0, NULL);
  }
  if (transfer != NULL) {
    glc_transfer_cancel(transfer);
  }
  glc_transfer_free(transfer);
}

static void test_nothing_is_carried_over(void) {
  struct glc_http *http = glc_http_open(NULL);
  static struct outcome kept, alone;
  struct varied varied;
  unsigned round;

  for (round = 0; round < ROUNDS; round++) {
    struct glc_http *other = glc_http_open(NULL);

    vary(&varied, round, server.port);
    run(http, &varied.exchange, &kept);
    run(other, &varied.exchange, &alone);
    check_same(&kept, &alone);
    glc_http_close(other);
    if (chance(2) == 0) {
      disturb(http, round);
    }
  }
  glc_http_close(http);
}

/* The same client's requests: only what differs is set, and all of that. */
static void test_same_profile(void) {
  static const char *const methods[] = {"POST", "GET", "PUT", "HEAD", "POST"};
  static const char *const paths[] = {"/path", "/other", "/gzip", "/path",
                                      "/path"};
  struct glc_http *http = glc_http_open(NULL);
  static struct outcome outcome;
  struct exchange exchange;
  char line[40], token[20];
  unsigned i;

  for (i = 0; i < 5; i++) {
    exchange_init(&exchange, server.port, methods[i], paths[i]);
    (void)snprintf(token, sizeof token, "token-%u", i);
    if (i % 2 == 0) {
      exchange_add(&exchange, "X-Token", token);
      exchange.request.body = glc_bytes_of("body");
    }
    exchange.request.fresh_connection = i == 2;
    run(http, &exchange, &outcome);
    CHECK(outcome.reused == (i != 0 && i != 2));
    (void)snprintf(line, sizeof line, "%s %s HTTP/1.1\r\n", methods[i],
                   paths[i]);
    CHECK(strncmp(outcome.head, line, strlen(line)) == 0);
    CHECK((strstr(outcome.head, token) != NULL) == (i % 2 == 0));
    CHECK((strstr(outcome.head, "token-") != NULL) == (i % 2 == 0));
    CHECK((strstr(outcome.head, "Content-Length: 4\r\n") != NULL) ==
          (i % 2 == 0));
    CHECK_NUMBER(outcome.code, GLC_OK);
    CHECK_NUMBER(outcome.length, i == 3 ? 0 : 40);
    CHECK(i == 3 || outcome.body[0] == (i == 2 ? 'x' : 'y'));
  }
  glc_http_close(http);
}

int main(void) {
  (void)unsetenv("http_proxy");
  server_start(&server, serve_by_path, "");
  server_start(&disturbed, serve_by_path, "");
  test_same_profile();
  test_nothing_is_carried_over();
  server_stop(&server);
  server_stop(&disturbed);
  return check_report("http_kept");
}
