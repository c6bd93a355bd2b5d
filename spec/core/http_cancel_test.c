/* The end that the caller makes: cancel, free and close at each stage. */
#define _POSIX_C_SOURCE 200809L

#include <sys/wait.h>

#include "exchange.h"
#include "faults.h"
#include "under_valgrind.h"

static const char half[] = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok";

static struct server server;

static int requests_seen(void) {
  int requests;

  pthread_mutex_lock(&server.lock);
  requests = server.requests;
  pthread_mutex_unlock(&server.lock);
  return requests;
}

/* Stages of a transfer that never ends by itself. */
enum stage { STARTED, CONNECTING, SENT, IN_BODY, STAGES };

static void advance(struct glc_http *http, const struct glc_transfer *transfer,
                    int requests, enum stage stage) {
  const int64_t start = glc_clock_monotonic();
  enum glc_code code = GLC_OK;
  bool there = stage == STARTED;

  while (!there && code == GLC_OK &&
         glc_clock_monotonic() - start < EXCHANGE_PATIENCE) {
    code = stage == CONNECTING ? glc_http_step(http, NULL, 0, NULL)
                               : glc_http_wait(http, 5, NULL);
    there = stage == CONNECTING ||
            (stage == SENT && requests_seen() > requests) ||
            (stage == IN_BODY && glc_transfer_body(transfer).length > 0);
  }
  CHECK_NUMBER(code, GLC_OK);
  CHECK(there);
}

static void check_cancelled(struct glc_transfer *transfer) {
  struct glc_error error = {GLC_OK, ""};

  CHECK(glc_transfer_done(transfer));
  CHECK_NUMBER(glc_transfer_result(transfer, &error), GLC_CANCELLED);
  CHECK_NUMBER(error.code, GLC_CANCELLED);
  CHECK(error.message[0] != '\0');
  glc_transfer_cancel(transfer);
  CHECK_NUMBER(glc_transfer_result(transfer, NULL), GLC_CANCELLED);
}

/* Serves: half an answer to /half, a whole one to all else. */
static void serve_half(struct server_connection *connection) {
  bool more = true, to_half;

  while (more && server_receive(connection)) {
    pthread_mutex_lock(&connection->server->lock);
    to_half = strstr(connection->server->head, " /half ") != NULL;
    pthread_mutex_unlock(&connection->server->lock);
    more = to_half ? server_send(connection, half, sizeof half - 1)
                   : server_answer(connection);
  }
}

static void test_cancel(enum stage stage) {
  struct glc_http *http = glc_http_open(NULL);
  struct glc_transfer *transfer;
  struct exchange exchange;

  server_start(&server, serve_half, ANSWER);
  exchange_init(&exchange, server.port, "POST", "/half");
  transfer = glc_http_start(http, &exchange.request, NULL);
  if (CHECK(transfer != NULL)) {
    advance(http, transfer, 0, stage);
    CHECK(!glc_transfer_done(transfer));
    glc_transfer_cancel(transfer);
    check_cancelled(transfer);
    CHECK_NUMBER(glc_transfer_sent(transfer), stage >= SENT);
    if (stage != SENT) { /* then the answer may be here or not */
      CHECK_BYTES(glc_transfer_body(transfer), stage == IN_BODY ? "ok" : "");
    }
    CHECK_NUMBER(glc_http_active(http), 0);
  }
  glc_transfer_free(transfer);
  /* What was cancelled is not mixed up with what comes after it. */
  exchange_init(&exchange, server.port, "POST", "/");
  CHECK_NUMBER(exchange_code(http, &exchange), GLC_OK);
  glc_http_close(http);
  server_stop(&server);
}

static void test_cancel_after_end(void) {
  struct glc_http *http = glc_http_open(NULL);
  struct glc_transfer *transfer;
  struct exchange exchange;

  server_start(&server, serve_half, ANSWER);
  exchange_init(&exchange, server.port, "POST", "/");
  transfer = exchange_run(http, &exchange);
  if (CHECK(transfer != NULL)) {
    glc_transfer_cancel(transfer);
    CHECK_NUMBER(glc_transfer_result(transfer, NULL), GLC_OK);
    glc_http_close(http);
    CHECK_BYTES(glc_transfer_body(transfer), "ok"); /* it stays readable */
    CHECK_BYTES(exchange_header(transfer, "X-A"), "1");
  }
  glc_transfer_free(transfer);
  server_stop(&server);
}

/* More transfers than easy handles are kept, at all stages, then the end. */
static void test_close(bool free_first) {
  enum { EACH = 5, ALL = EACH * STAGES };
  struct glc_transfer *transfers[ALL];
  struct glc_http *http = glc_http_open(NULL);
  struct exchange exchange;
  int i;

  server_start(&server, serve_half, ANSWER);
  exchange_init(&exchange, server.port, "POST", "/half");
  for (i = ALL - 1; i >= 0; i--) {
    transfers[i] = glc_http_start(http, &exchange.request, NULL);
    if (CHECK(transfers[i] != NULL) && i % EACH == 0) {
      advance(http, transfers[i], requests_seen(), (enum stage)(i / EACH));
    }
  }
  CHECK_NUMBER(glc_http_active(http), ALL);
  for (i = 0; free_first && i < ALL; i += 2) {
    glc_transfer_free(transfers[i]);
    transfers[i] = NULL;
  }
  CHECK_NUMBER(glc_http_active(http), free_first ? ALL / 2 : ALL);
  glc_http_close(http);
  for (i = 0; i < ALL; i++) {
    if (transfers[i] != NULL) {
      check_cancelled(transfers[i]);
    }
    glc_transfer_free(transfers[i]);
  }
  server_stop(&server);
}

/* In a child: the engine is another's, and may be closed; 0: all is well. */
static int close_in_child(struct glc_http *http,
                          struct glc_transfer *transfers[2]) {
  bool well = glc_http_forked(http);
  int i;

  glc_http_close(http);
  for (i = 0; i < 2; i++) {
    well = well && glc_transfer_result(transfers[i], NULL) == GLC_CANCELLED;
    glc_transfer_free(transfers[i]);
  }
  return well ? 0 : 1;
}

/* A child that ends its copy of an engine takes nothing from the parent's. */
static void test_fork(void) {
  struct glc_http *http = glc_http_open(NULL);
  struct glc_transfer *transfers[2];
  struct exchange exchange;
  int status = -1;
  pid_t child;

  server_start(&server, serve_half, ANSWER);
  exchange_init(&exchange, server.port, "POST", "/half");
  transfers[0] = glc_http_start(http, &exchange.request, NULL);
  advance(http, transfers[0], 0, IN_BODY);
  exchange_init(&exchange, server.port, "POST", "/");
  transfers[1] = glc_http_start(http, &exchange.request, NULL);
  child = fork();
  if (child == 0) {
    leave_to_parent();
    _exit(close_in_child(http, transfers));
  }
  CHECK(waitpid(child, &status, 0) == child);
  CHECK_NUMBER(status, 0);
  CHECK(!glc_http_forked(http));
  CHECK(!glc_transfer_done(transfers[0]));
  glc_transfer_free(transfers[0]);
  CHECK(exchange_wait(http));
  CHECK_NUMBER(glc_transfer_result(transfers[1], NULL), GLC_OK);
  glc_transfer_free(transfers[1]);
  CHECK_NUMBER(exchange_code(http, &exchange), GLC_OK);
  glc_http_close(http);
  server_stop(&server);
  CHECK_NUMBER(server.accepted, 2);
  CHECK_NUMBER(server.requests, 3);
}

int main(void) {
  const int descriptors = count_descriptors();
  int stage;

  for (stage = STARTED; stage < STAGES; stage++) {
    test_cancel((enum stage)stage);
  }
  test_cancel_after_end();
  test_close(false);
  test_close(true);
  test_fork();
  CHECK_NUMBER(count_descriptors(), descriptors);
  return check_report("http_cancel");
}
