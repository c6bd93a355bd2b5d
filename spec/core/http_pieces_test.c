/* Bodies that are handed out in pieces. */
#define _POSIX_C_SOURCE 200809L

#include "exchange.h"
#include "faults.h"

enum { BODY = 300 * 1000, PIECE = 20 * 1000, WRITE = 16 * 1024 };

static struct glc_http *http;
static struct server server;
static char *answer;

static char body_byte(size_t i) {
  return (char)('a' + (i * 7 + (i >> 8)) % 26);
}

static void make_answer(const char *framing) {
  int head;
  size_t i;

  answer = malloc(BODY + 200);
  if (CHECK(answer != NULL)) {
    head = snprintf(answer, 200, "HTTP/1.1 200 OK\r\n%s\r\n", framing);
    for (i = 0; i < BODY; i++) {
      answer[head + (int)i] = body_byte(i);
    }
    answer[head + BODY] = '\0';
  }
}

/* Whether the piece is the body's at `offset`. */
static bool is_piece(struct glc_bytes piece, size_t offset) {
  size_t i = 0;

  while (i < piece.length && piece.data[i] == body_byte(offset + i)) {
    i++;
  }
  return i == piece.length;
}

/* Takes all pieces; how many bytes they had. */
static size_t take_all(struct glc_transfer *transfer, int64_t idle) {
  const int64_t start = glc_clock_monotonic();
  size_t taken = 0;
  bool ended = false;

  while (!ended && glc_clock_monotonic() - start < EXCHANGE_PATIENCE) {
    ended = glc_transfer_done(transfer);
    if (ended || glc_transfer_paused(transfer)) {
      struct glc_bytes piece = glc_transfer_held(transfer);

      CHECK(piece.length <= PIECE + WRITE);
      CHECK(ended || piece.length >= PIECE);
      CHECK(ended || glc_transfer_has_head(transfer));
      CHECK(is_piece(piece, taken));
      if (idle > 0 && taken == 0 && !ended) {
        CHECK_NUMBER(glc_transfer_status(transfer), 200);
        glc_clock_sleep(idle);
        CHECK_NUMBER(glc_http_wait(http, 0, NULL), GLC_OK);
        CHECK(!glc_transfer_done(transfer));
        CHECK_NUMBER(glc_transfer_held(transfer).length, piece.length);
      }
      taken += piece.length;
      glc_transfer_resume(transfer);
    } else {
      (void)glc_http_wait(http, 1000, NULL);
    }
  }
  CHECK(ended);
  CHECK(glc_transfer_held(transfer).length == 0);
  return taken;
}

static struct glc_transfer *start(int64_t read_timeout, size_t limit) {
  struct exchange exchange;

  server_start(&server, serve_one, answer);
  exchange_init(&exchange, server.port, "GET", "/");
  exchange.request.piece_bytes = PIECE;
  exchange.request.max_body_bytes = limit;
  exchange.request.read_timeout = read_timeout;
  return glc_http_start(http, &exchange.request, NULL);
}

/* The limit of a body in memory is not that of one in pieces. */
static void test_pieces(const char *framing, int64_t read_timeout,
                        int64_t idle) {
  struct glc_transfer *transfer;

  make_answer(framing);
  transfer = start(read_timeout, 10);
  if (CHECK(transfer != NULL)) {
    CHECK(!glc_transfer_has_head(transfer));
    CHECK_NUMBER(take_all(transfer, idle), BODY);
    CHECK_NUMBER(glc_transfer_result(transfer, NULL), GLC_OK);
    CHECK_NUMBER(glc_transfer_status(transfer), 200);
    CHECK_NUMBER(glc_transfer_body(transfer).length, 0);
  }
  glc_transfer_free(transfer);
  server_stop(&server);
  free(answer);
}

/* What came before a cut can be taken. */
static void test_cut(void) {
  struct glc_transfer *transfer;

  make_answer("Content-Length: 400000\r\n");
  transfer = start(0, 10);
  if (CHECK(transfer != NULL)) {
    CHECK_NUMBER(take_all(transfer, 0), BODY);
    CHECK_NUMBER(glc_transfer_result(transfer, NULL), GLC_CLOSED);
  }
  glc_transfer_free(transfer);
  server_stop(&server);
  free(answer);
}

/* Ended while it is held back, by its owner or with the engine. */
static void test_end(bool close) {
  struct glc_http *own = close ? glc_http_open(NULL) : http;
  struct exchange exchange;
  struct glc_transfer *transfer;

  make_answer("Content-Length: 300000\r\n");
  server_start(&server, serve_one, answer);
  exchange_init(&exchange, server.port, "GET", "/");
  exchange.request.piece_bytes = PIECE;
  transfer = glc_http_start(own, &exchange.request, NULL);
  if (CHECK(transfer != NULL)) {
    while (!glc_transfer_paused(transfer) && !glc_transfer_done(transfer)) {
      CHECK_NUMBER(glc_http_wait(own, 1000, NULL), GLC_OK);
    }
    if (close) {
      glc_http_close(own);
    } else {
      glc_transfer_cancel(transfer);
    }
    CHECK(glc_transfer_done(transfer));
    CHECK_NUMBER(glc_transfer_result(transfer, NULL), GLC_CANCELLED);
    glc_transfer_resume(transfer);
    CHECK_NUMBER(glc_transfer_held(transfer).length, 0);
  }
  glc_transfer_free(transfer);
  server_stop(&server);
  free(answer);
}

static void test_faults(void) {
  unsigned long n;

  make_answer("Content-Length: 300000\r\n");
  for (n = 1; n < 40; n++) {
    struct glc_transfer *transfer;

    faults_arm(n, false);
    transfer = start(0, 10);
    if (transfer != NULL) {
      size_t taken = take_all(transfer, 0);

      CHECK(taken == BODY || glc_transfer_result(transfer, NULL) != GLC_OK);
    }
    faults_disarm();
    glc_transfer_free(transfer);
    server_stop(&server);
  }
  free(answer);
}

int main(void) {
  http = glc_http_open(NULL);
  if (CHECK(http != NULL)) {
    test_pieces("Content-Length: 300000\r\n", 0, 0);
    test_pieces("", 0, 0);
    test_pieces("Content-Length: 300000\r\n", 2000, 2500);
    test_cut();
    test_end(false);
    test_end(true);
    test_faults();
  }
  glc_http_close(http);
  return check_report("http_pieces");
}
