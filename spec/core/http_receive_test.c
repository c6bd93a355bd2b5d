/* Bodies that go to a receiver as they arrive. */
#define _POSIX_C_SOURCE 200809L

#include "exchange.h"
#include "faults.h"

enum { BODY = 3 * 1000 * 1000, PIECE = 20 * 1000, WRITE = 16 * 1024 };

static struct glc_http *http;
static struct server server;
static char *answer;
static char small_answer[] =
    "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc";

/* A receiver that does as it is told. */
static struct {
  size_t room;      /* what it says; it never gets more than that */
  size_t taken;
  size_t fail_at;   /* 0: never */
  int unsettled;    /* how often it is not settled, when asked */
  enum glc_code end; /* said when it is settled */
  int dropped;
  bool is_right;
} sink;

static char body_byte(size_t i) {
  return (char)('a' + (i * 7 + (i >> 8)) % 26);
}

static size_t sink_room(void *context) {
  (void)context;
  return sink.room;
}

static enum glc_code sink_take(void *context, struct glc_bytes bytes,
                               struct glc_error *error) {
  size_t i;

  (void)context;
  CHECK(sink.dropped == 0);
  CHECK(bytes.length <= sink.room);
  for (i = 0; i < bytes.length; i++) {
    sink.is_right =
        sink.is_right && bytes.data[i] == body_byte(sink.taken + i);
  }
  sink.taken += bytes.length;
  if (sink.fail_at > 0 && sink.taken >= sink.fail_at) {
    return glc_error_set(error, GLC_FILE, "the disk is full");
  }
  return GLC_OK;
}

static bool sink_is_settled(void *context, enum glc_code *code,
                            struct glc_error *error) {
  (void)context;
  *code = GLC_OK;
  if (sink.unsettled > 0) {
    sink.unsettled--;
    return false;
  }
  if (sink.end != GLC_OK) {
    *code = glc_error_set(error, sink.end, "the disk was full");
  }
  return true;
}

static void sink_drop(void *context) {
  (void)context;
  sink.dropped++;
}

static const struct glc_receiver receiver = {
    &sink, sink_room, sink_take, sink_is_settled, sink_drop, 256 * 1024};

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

static struct glc_transfer *start(struct glc_http *engine, const char *text,
                                  int64_t read_timeout) {
  struct exchange exchange;

  memset(&sink, 0, sizeof sink);
  sink.room = 1 << 20;
  sink.is_right = true;
  server_start(&server, serve_one, text);
  exchange_init(&exchange, server.port, "GET", "/");
  exchange.request.piece_bytes = PIECE;
  exchange.request.read_timeout = read_timeout;
  return glc_http_start(engine, &exchange.request, NULL);
}

/* Until it is paused at its first piece, or has ended. */
static void await_head(struct glc_http *engine,
                       struct glc_transfer *transfer) {
  while (!glc_transfer_paused(transfer) && !glc_transfer_done(transfer)) {
    CHECK_NUMBER(glc_http_wait(engine, 1000, NULL), GLC_OK);
  }
}

static void end(struct glc_transfer *transfer) {
  glc_transfer_free(transfer);
  CHECK_NUMBER(sink.dropped, 1);
  server_stop(&server);
}

static void test_all(const char *framing, int unsettled) {
  struct glc_transfer *transfer;

  make_answer(framing);
  transfer = start(http, answer, 0);
  sink.unsettled = unsettled;
  await_head(http, transfer);
  CHECK(glc_transfer_has_head(transfer));
  CHECK_NUMBER(glc_transfer_receive(transfer, &receiver, NULL), GLC_OK);
  CHECK(exchange_wait(http));
  CHECK(glc_transfer_done(transfer));
  CHECK_NUMBER(glc_transfer_result(transfer, NULL), GLC_OK);
  CHECK_NUMBER(sink.taken, BODY);
  CHECK(sink.is_right);
  CHECK_NUMBER(sink.unsettled, 0);
  CHECK_NUMBER(glc_transfer_held(transfer).length, 0);
  end(transfer);
  free(answer);
}

/* Without room nothing comes, and nothing is late; then all goes on. */
static void test_stall(void) {
  struct glc_transfer *transfer;
  const int64_t begin = glc_clock_monotonic();
  size_t taken;

  make_answer("Content-Length: 3000000\r\n");
  transfer = start(http, answer, 300);
  await_head(http, transfer);
  CHECK_NUMBER(glc_transfer_receive(transfer, &receiver, NULL), GLC_OK);
  sink.room = 0;
  taken = sink.taken;
  while (glc_clock_monotonic() - begin < 800) {
    CHECK(glc_http_timeout(http) >= 0);
    CHECK_NUMBER(glc_http_wait(http, 1000, NULL), GLC_OK);
    CHECK(!glc_transfer_done(transfer));
    CHECK(!glc_transfer_paused(transfer));
  }
  CHECK_NUMBER(sink.taken, taken);
  sink.room = 1 << 20;
  CHECK(exchange_wait(http));
  CHECK_NUMBER(glc_transfer_result(transfer, NULL), GLC_OK);
  CHECK_NUMBER(sink.taken, BODY);
  CHECK(sink.is_right);
  end(transfer);
  free(answer);
}

/* Room comes and goes all the time. */
static void test_trickle(void) {
  struct glc_transfer *transfer;
  unsigned turn = 0;

  make_answer("Content-Length: 3000000\r\n");
  transfer = start(http, answer, 0);
  await_head(http, transfer);
  CHECK_NUMBER(glc_transfer_receive(transfer, &receiver, NULL), GLC_OK);
  while (!glc_transfer_done(transfer)) {
    sink.room = turn++ % 3 == 0 ? 1 << 20 : turn % 3 == 1 ? 5000 : 0;
    CHECK_NUMBER(glc_http_wait(http, 1000, NULL), GLC_OK);
  }
  CHECK_NUMBER(glc_transfer_result(transfer, NULL), GLC_OK);
  CHECK_NUMBER(sink.taken, BODY);
  CHECK(sink.is_right);
  end(transfer);
  free(answer);
}

/* A failure of the receiver's, amid the body or with its end. */
static void test_failure(size_t fail_at, enum glc_code at_the_end) {
  struct glc_error error;
  struct glc_transfer *transfer;

  make_answer("Content-Length: 3000000\r\n");
  transfer = start(http, answer, 0);
  sink.fail_at = fail_at;
  sink.end = at_the_end;
  await_head(http, transfer);
  if (glc_transfer_receive(transfer, &receiver, &error) != GLC_OK) {
    CHECK(fail_at == 1);
    CHECK_NUMBER(error.code, GLC_FILE);
    CHECK_NUMBER(glc_transfer_result(transfer, NULL), GLC_CANCELLED);
  } else {
    CHECK(exchange_wait(http));
    CHECK_NUMBER(glc_transfer_result(transfer, &error), GLC_FILE);
    CHECK_BYTES(glc_bytes_of(error.message),
                fail_at > 0 ? "the disk is full" : "the disk was full");
    CHECK(fail_at == 0 || sink.taken < fail_at + WRITE);
  }
  CHECK(glc_transfer_done(transfer));
  end(transfer);
  free(answer);
}

/* What came before a cut is where it belongs. */
static void test_cut(void) {
  struct glc_transfer *transfer;

  make_answer("Content-Length: 4000000\r\n");
  transfer = start(http, answer, 0);
  sink.unsettled = 3;
  await_head(http, transfer);
  CHECK_NUMBER(glc_transfer_receive(transfer, &receiver, NULL), GLC_OK);
  CHECK(exchange_wait(http));
  CHECK_NUMBER(glc_transfer_result(transfer, NULL), GLC_CLOSED);
  CHECK_NUMBER(sink.taken, BODY);
  CHECK_NUMBER(sink.unsettled, 0);
  end(transfer);
  free(answer);
}

/* A body that was all held when its receiver came. */
static void test_small(enum glc_code code) {
  struct glc_error error = {GLC_OK, ""};
  struct glc_transfer *transfer = start(http, small_answer, 0);

  sink.fail_at = code == GLC_OK ? 0 : 1;
  await_head(http, transfer);
  CHECK(glc_transfer_done(transfer));
  CHECK_NUMBER(glc_transfer_receive(transfer, &receiver, &error), code);
  CHECK_NUMBER(sink.taken, 3);
  CHECK_NUMBER(glc_transfer_held(transfer).length, 0);
  end(transfer);
}

/* Ended while it has no room, or is not settled: by its owner, or the engine. */
static void test_end(bool close, size_t room, int unsettled) {
  struct glc_http *own = close ? glc_http_open(NULL) : http;
  const int64_t begin = glc_clock_monotonic();
  struct glc_transfer *transfer;

  make_answer("Content-Length: 3000000\r\n");
  transfer = start(own, answer, 0);
  await_head(own, transfer);
  CHECK_NUMBER(glc_transfer_receive(transfer, &receiver, NULL), GLC_OK);
  sink.room = room;
  sink.unsettled = unsettled;
  while (glc_clock_monotonic() - begin < 200) {
    CHECK_NUMBER(glc_http_wait(own, 20, NULL), GLC_OK);
  }
  CHECK(!glc_transfer_done(transfer));
  if (close) {
    glc_http_close(own);
  } else {
    glc_transfer_cancel(transfer);
  }
  CHECK_NUMBER(sink.dropped, 1);
  CHECK_NUMBER(glc_transfer_result(transfer, NULL), GLC_CANCELLED);
  end(transfer);
  free(answer);
}

/* A call's own deadline holds for a receiver that never settles, too. */
static void test_deadline(void) {
  struct exchange exchange;
  struct glc_transfer *transfer;

  make_answer("Content-Length: 3000000\r\n");
  memset(&sink, 0, sizeof sink);
  sink.room = 1 << 20;
  server_start(&server, serve_one, answer);
  exchange_init(&exchange, server.port, "GET", "/");
  exchange.request.piece_bytes = PIECE;
  exchange.request.timeout = 1500;
  transfer = glc_http_start(http, &exchange.request, NULL);
  await_head(http, transfer);
  CHECK_NUMBER(glc_transfer_receive(transfer, &receiver, NULL), GLC_OK);
  sink.unsettled = 1 << 30;
  CHECK(exchange_wait(http));
  CHECK_NUMBER(glc_transfer_result(transfer, NULL), GLC_DEADLINE);
  end(transfer);
  free(answer);
}

int main(void) {
  http = glc_http_open(NULL);
  if (CHECK(http != NULL)) {
    test_all("Content-Length: 3000000\r\n", 0);
    test_all("Content-Length: 3000000\r\n", 5);
    test_all("", 2);
    test_stall();
    test_trickle();
    test_failure(1, GLC_OK);
    test_failure(PIECE + 100 * 1000, GLC_OK);
    test_failure(BODY, GLC_OK);
    test_failure(0, GLC_FILE);
    test_cut();
    test_small(GLC_OK);
    test_small(GLC_FILE);
    test_end(false, 0, 0);
    test_end(true, 0, 0);
    test_end(false, 1 << 20, 1 << 30);
    test_end(true, 1 << 20, 1 << 30);
    test_deadline();
  }
  glc_http_close(http);
  return check_report("http_receive");
}
