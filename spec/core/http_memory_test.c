/*
 * Exchanges in which allocation n of the core's own fails, for every n. Not
 * libcurl's: some of its releases crash by themselves there.
 */
#define _POSIX_C_SOURCE 200809L

#include "exchange.h"
#include "faults.h"

enum { PIECE = 40000 };

static struct server server;
static char answer[PIECE + 200];

static void prepare_answer(void) {
  int length = snprintf(answer, sizeof answer,
                        "HTTP/1.1 200 OK\r\nX-A: 1\r\nContent-Length: %d\r\n"
                        "\r\n",
                        (int)PIECE);

  memset(answer + length, 'x', PIECE);
}

/* The one true response; anything else must not be called one. */
static void check_response(const struct glc_transfer *transfer) {
  struct glc_bytes body = glc_transfer_body(transfer);
  size_t i = 0;

  while (i < body.length && body.data[i] == 'x') {
    i++;
  }
  CHECK_NUMBER(i, PIECE);
  CHECK_NUMBER(glc_transfer_status(transfer), 200);
  CHECK_BYTES(exchange_header(transfer, "X-A"), "1");
}

static void run_one(struct glc_http *http, const char *method,
                    unsigned long n) {
  struct glc_error error = {GLC_OK, ""};
  struct glc_transfer *transfer;
  struct exchange exchange;

  exchange_init(&exchange, server.port, method, "/path?query");
  exchange_add(&exchange, "Content-Type", "application/json");
  exchange_add(&exchange, "X-Empty", "");
  exchange.request.body = glc_bytes_of("{}");
  exchange.request.timeout = EXCHANGE_PATIENCE / 2;
  transfer = glc_http_start(http, &exchange.request, &error);
  if (transfer == NULL) {
    CHECK(faults.fired > 0 && error.code == GLC_NO_MEMORY);
    return;
  }
  if (!CHECK(exchange_wait(http))) {
    printf("  allocation %lu: a transfer stays\n", n);
  }
  if (glc_transfer_result(transfer, &error) == GLC_OK) {
    check_response(transfer);
  } else if (!CHECK(faults.fired > 0 && error.code == GLC_NO_MEMORY)) {
    printf("  allocation %lu: %s\n", n, error.message);
  }
  glc_transfer_free(transfer);
}

/* Two requests on one engine, a new connection, then a kept one. */
static void run(unsigned long n, bool lasting) {
  struct glc_error error = {GLC_OK, ""};
  struct glc_http *http;

  faults_arm(n, lasting);
  http = glc_http_open(&error);
  if (http == NULL) {
    CHECK(faults.fired > 0 && error.code == GLC_NO_MEMORY);
  } else {
    run_one(http, "POST", n);
    run_one(http, "GET", n);
    /* Whatever has failed, the engine is as good as new. */
    (void)faults_disarm();
    if (faults.fired > 0) {
      struct exchange exchange;

      exchange_init(&exchange, server.port, "POST", "/");
      CHECK_NUMBER(exchange_code(http, &exchange), GLC_OK);
    }
  }
  (void)faults_disarm();
  glc_http_close(http);
}

static void test_faults(bool lasting) {
  unsigned long n = 0;

  do {
    run(++n, lasting);
  } while (faults.fired > 0);
  printf("http_memory: %lu allocations failed in turn\n", n - 1);
  CHECK(n > 20);
}

int main(void) {
  prepare_answer();
  server_start(&server, serve_all, answer);
  test_faults(false);
  test_faults(true);
  server_stop(&server);
  return check_report("http_memory");
}
