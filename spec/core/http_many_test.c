/*
 * Many transfers at a time: each ends in its own way and time, is told once,
 * and what is waited for is one descriptor. Then the tables that this rests
 * on, against lists that are searched from end to end.
 */
#define _POSIX_C_SOURCE 200809L

#include <poll.h>

#include "chance.h"
#include "due.h"
#include "exchange.h"
#include "faults.h"
#include "index.h"
#include "watch.h"

enum { MANY = 120, NUMBERS = 40, STEPS = 20000 };

static struct server server;
static struct glc_transfer *transfers[MANY];
static bool told[MANY + 1];

/* Answers what asks for "/now"; holds the others until their end. */
static void serve_some(struct server_connection *connection) {
  char head[SERVER_HEAD];
  long long had = 0;
  unsigned sum = 0;

  while (server_receive_head(connection->fd, head, &had, &sum)) {
    if (strncmp(head, "GET /now", 8) != 0) {
      server_linger(connection);
      return;
    }
    (void)server_answer(connection);
  }
}

/* Every third is answered, every third times out, the others are held. */
static void start_many(struct glc_http *http) {
  struct exchange exchange;
  int i;

  for (i = 0; i < MANY; i++) {
    exchange_init(&exchange, server.port, "GET", i % 3 == 0 ? "/now" : "/held");
    exchange.request.read_timeout = i % 3 == 1 ? 300 : 0;
    transfers[i] = glc_http_start(http, &exchange.request, NULL);
    CHECK(transfers[i] != NULL);
    CHECK_NUMBER(glc_transfer_number(transfers[i]), i + 1);
  }
}

static size_t take_news(struct glc_http *http) {
  size_t count = 0;
  double number;

  while ((number = glc_http_news(http)) != 0) {
    CHECK(!told[(int)number]);
    CHECK(glc_transfer_done(transfers[(int)number - 1]));
    told[(int)number] = true;
    count++;
  }
  return count;
}

/* By the descriptors that a host is told of, and no others. */
static void step_as_host(struct glc_http *http) {
  struct glc_http_event copy[MANY];
  struct pollfd *polled;
  size_t count, i, ready = 0;
  const struct glc_http_event *events = glc_http_fds(http, &count);
  const int64_t timeout = glc_http_timeout(http);

  polled = malloc((count + 1) * sizeof *polled);
  for (i = 0; polled != NULL && i < count && i < MANY; i++) {
    polled[i].fd = events[i].fd;
    polled[i].events =
        (short)(((events[i].events & GLC_HTTP_READ) ? POLLIN : 0) |
                ((events[i].events & GLC_HTTP_WRITE) ? POLLOUT : 0));
  }
  if (poll(polled, (nfds_t)count,
           timeout < 0 || timeout > 100 ? 100 : (int)timeout) > 0) {
    for (i = 0; i < count; i++) {
      if (polled[i].revents != 0) {
        copy[ready].fd = polled[i].fd;
        copy[ready++].events = GLC_HTTP_READ | GLC_HTTP_WRITE;
      }
    }
  }
  CHECK_NUMBER(glc_http_step(http, copy, ready, NULL), GLC_OK);
  free(polled);
}

static void check_ends(void) {
  int i;

  for (i = 0; i < MANY; i++) {
    CHECK(told[i + 1] == (i % 3 != 2));
    CHECK(glc_transfer_done(transfers[i]) == (i % 3 != 2));
    CHECK_NUMBER(glc_transfer_result(transfers[i], NULL),
                 i % 3 == 1 ? GLC_READ_TIMEOUT : GLC_OK);
  }
}

static void test_many(void (*step)(struct glc_http *)) {
  struct glc_http *http = glc_http_open(NULL);
  const int64_t start = glc_clock_monotonic();
  size_t ended = 0, count, least = MANY;
  int i;

  memset(told, 0, sizeof told);
  start_many(http);
  while (ended < MANY / 3 * 2 &&
         glc_clock_monotonic() - start < EXCHANGE_PATIENCE) {
    step(http);
    ended += take_news(http);
    (void)glc_http_fds(http, &count);
    least = count > 0 && count < least ? count : least;
  }
  CHECK_NUMBER(glc_http_active(http), MANY / 3);
#ifdef __linux__
  CHECK_NUMBER(least, 1);
#endif
  check_ends();
  for (i = 2; i < MANY / 2; i += 3) {
    glc_transfer_cancel(transfers[i]);
  }
  CHECK_NUMBER(take_news(http), MANY / 6);
  step(http);
  (void)glc_http_fds(http, &count);
  CHECK(count == MANY / 6 || count == 1);
  for (i = 0; i < MANY / 2; i++) {
    glc_transfer_free(transfers[i]);
  }
  glc_http_close(http);
  for (; i < MANY; i++) {
    CHECK(glc_transfer_done(transfers[i]));
    glc_transfer_free(transfers[i]);
  }
}

static void wait_briefly(struct glc_http *http) {
  CHECK_NUMBER(glc_http_wait(http, 100, NULL), GLC_OK);
}

/* Which of the numbers are at which positions: index against a list. */
static void test_index(void) {
  struct index index = {NULL, 0, 0};
  int numbers[NUMBERS];
  size_t count = 0, step, i, at;

  for (step = 0; step < STEPS; step++) {
    const int number = (int)chance(NUMBERS / 2) * (chance(2) == 0 ? 1 : 4096);
    size_t found = 0, cursor = 0;

    if (count < NUMBERS && chance(2) == 0) {
      CHECK(index_add(&index, number, count));
      numbers[count++] = number;
    } else if (count > 0) {
      at = chance((unsigned)count);
      index_remove(&index, numbers[at], at);
      count--;
      if (at != count) {
        index_move(&index, numbers[count], count, at);
        numbers[at] = numbers[count];
      }
    }
    while (index_next(&index, number, &cursor, &at)) {
      CHECK(at < count && numbers[at] == number);
      found++;
    }
    for (i = 0; i < count; i++) {
      found -= numbers[i] == number ? 1 : 0;
    }
    CHECK_NUMBER(found, 0);
  }
  CHECK_NUMBER(index.count, count);
  index_free(&index);
}

static void test_due(void) {
  struct due_heap heap = {NULL, 0, 0};
  struct due_item items[NUMBERS];
  int64_t moments[NUMBERS];
  size_t step, i;

  memset(items, 0, sizeof items);
  CHECK(due_reserve(&heap, NUMBERS));
  for (i = 0; i < NUMBERS; i++) {
    moments[i] = -1;
  }
  for (step = 0; step < STEPS; step++) {
    const struct due *first;
    const int64_t moment = (int64_t)chance(1000) - 100;
    int64_t least = -1;

    i = chance(NUMBERS);
    if (chance(2) == 0) {
      moments[i] = moment < 0 ? -1 : moment;
      due_set(&heap, &items[i], moments[i]);
    } else if (moment >= 0) {
      due_lower(&heap, &items[i], moment);
      moments[i] =
          moments[i] < 0 || moment < moments[i] ? moment : moments[i];
    }
    for (i = 0; i < NUMBERS; i++) {
      least = moments[i] >= 0 && (least < 0 || moments[i] < least) ? moments[i]
                                                                    : least;
    }
    first = due_first(&heap);
    CHECK_NUMBER(first != NULL ? first->moment : -1, least);
    CHECK(first == NULL || moments[first->item - items] == least);
  }
  due_free(&heap);
}

int main(void) {
  test_index();
  test_due();
  server_start(&server, serve_some, ANSWER);
  test_many(wait_briefly);
  test_many(step_as_host);
  server_stop(&server);
  return check_report("http_many");
}
