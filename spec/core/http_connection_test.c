/* Which connection a request goes over, and who else has a part of it. */
#define _POSIX_C_SOURCE 200809L

#include <fcntl.h>
#include <sys/wait.h>

#include "exchange.h"
#include "faults.h"
#include "socket.h"
#include "under_valgrind.h"

static struct server server;

/* A transfer's end: its code, and whether it went over a kept connection. */
static void check_run(struct glc_http *http, struct exchange *exchange,
                      enum glc_code code, bool reused) {
  struct glc_transfer *transfer = exchange_run(http, exchange);

  if (CHECK(transfer != NULL)) {
    CHECK_NUMBER(glc_transfer_result(transfer, NULL), code);
    CHECK_NUMBER(glc_transfer_reused(transfer), reused);
  }
  glc_transfer_free(transfer);
}

/* Answers one request; takes a second one and goes without a word. */
static void serve_one_and_drop(struct server_connection *connection) {
  if (server_receive(connection) && server_answer(connection)) {
    (void)server_receive(connection);
  }
}

/* What was lost on a kept connection is not, where a fresh one is wanted. */
static void test_fresh(const char *proxy_url) {
  struct glc_http *http = glc_http_open(NULL);
  struct glc_bytes proxy = glc_bytes_of(proxy_url);
  struct exchange exchange;
  int i;

  exchange_init(&exchange, server.port, "POST", "/");
  if (proxy.length > 0) {
    exchange.request.url = glc_bytes_of("http://glacier.invalid/");
    exchange.request.proxy = &proxy;
  }
  check_run(http, &exchange, GLC_OK, false);
  check_run(http, &exchange, GLC_CLOSED, true);
  exchange.request.fresh_connection = true;
  for (i = 0; i < 3; i++) {
    check_run(http, &exchange, GLC_OK, false);
  }
  glc_http_close(http);
}

static void test_fresh_ways(void) {
  char proxy_url[64];

  server_start(&server, serve_one_and_drop, ANSWER);
  (void)snprintf(proxy_url, sizeof proxy_url, "http://127.0.0.1:%d",
                 server.port);
  test_fresh("");
  /* libcurl begins a fifth, to send again what is not sent again. */
  CHECK_NUMBER(server.accepted, 5);
  test_fresh(proxy_url);
  server_stop(&server);
  CHECK_NUMBER(server.accepted, 10);
  CHECK_NUMBER(server.requests, 10);
}

/* A GET that is lost on a kept connection never tries another one of them. */
static void test_lost_among_many(void) {
  enum { MANY = 6 };
  struct glc_http *http = glc_http_open(NULL);
  struct glc_transfer *transfers[MANY];
  struct exchange exchange;
  int i;

  server_start(&server, serve_one_and_drop, ANSWER);
  exchange_init(&exchange, server.port, "GET", "/");
  for (i = 0; i < MANY; i++) {
    transfers[i] = glc_http_start(http, &exchange.request, NULL);
  }
  CHECK(exchange_wait(http));
  for (i = 0; i < MANY; i++) {
    glc_transfer_free(transfers[i]);
  }
  check_run(http, &exchange, GLC_OK, false);
  glc_http_close(http);
  server_stop(&server);
  CHECK_NUMBER(server.requests, MANY + 2);
}

static void address_of(struct sockaddr_in *address, const char *text,
                       int port) {
  memset(address, 0, sizeof *address);
  address->sin_family = AF_INET;
  address->sin_port = htons((uint16_t)port);
  CHECK(inet_pton(AF_INET, text, &address->sin_addr) == 1);
}

/* A connection to an address from a port that others share. */
static int connect_from(struct socket_set *set, const void *opener,
                        const char *local, int local_port,
                        const char *remote, int remote_port) {
  struct curl_sockaddr wanted = {AF_INET, SOCK_STREAM, 0, 0, {0, {0}}};
  struct sockaddr_in address;
  bool no_memory;
  const int on = 1;
  int fd = socket_open(set, opener, &wanted, &no_memory);

  CHECK(fd >= 0 && !no_memory);
  CHECK(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0);
  address_of(&address, local, local_port);
  CHECK(bind(fd, (struct sockaddr *)&address, sizeof address) == 0);
  address_of(&address, remote, remote_port);
  CHECK(connect(fd, (struct sockaddr *)&address, sizeof address) == 0);
  return fd;
}

static struct socket_ends ends_of(const char *local, int local_port,
                                  const char *remote, int remote_port) {
  struct socket_ends ends = {"", "", local_port, remote_port};

  (void)snprintf(ends.local, sizeof ends.local, "%s", local);
  (void)snprintf(ends.remote, sizeof ends.remote, "%s", remote);
  return ends;
}

/* Connections that share three of the four parts of their address. */
static void test_four_parts(void) {
  static const int opener = 0;
  struct socket_set set;
  struct server other;
  struct socket_ends ends[4];
  int fds[4], local_port, i, fd = server_bind(&local_port);

  memset(&set, 0, sizeof set);
  close(fd);
  server_start(&server, serve_all, ANSWER);
  server_start(&other, serve_all, ANSWER);
  ends[0] = ends_of("127.0.0.1", local_port, "127.0.0.1", server.port);
  ends[1] = ends_of("127.0.0.1", local_port, "127.0.0.1", other.port);
  ends[2] = ends_of("127.0.0.5", local_port, "127.0.0.1", server.port);
  ends[3] = ends_of("127.0.0.5", local_port, "127.0.0.1", other.port);
  for (i = 0; i < 4; i++) {
    fds[i] = connect_from(&set, &opener, ends[i].local, ends[i].local_port,
                          ends[i].remote, ends[i].remote_port);
  }
  for (i = 3; i >= 0; i--) {
    CHECK_NUMBER(socket_find(&set, &opener, &ends[i]), fds[i]);
    /* From now on it is known, whoever asks. */
    CHECK_NUMBER(socket_find(&set, NULL, &ends[i]), fds[i]);
  }
  CHECK_NUMBER(socket_close(&set, fds[1]), 0);
  CHECK_NUMBER(socket_find(&set, &opener, &ends[1]), -1);
  CHECK_NUMBER(socket_find(&set, &opener, &ends[3]), fds[3]);
  CHECK_NUMBER(set.count, 3);
  while (set.count > 0) {
    CHECK_NUMBER(socket_close(&set, set.sockets[0].fd), 0);
  }
  socket_forget(&set);
  server_stop(&server);
  server_stop(&other);
}

/* More connections than there are ports that could tell them apart. */
static void test_stray_among_many(void) {
  static const char twice[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
                              "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nwrong";
  enum { MANY = 100 };
  struct glc_http *http = glc_http_open(NULL);
  struct glc_transfer *transfers[MANY];
  struct exchange exchange;
  int round, i;

  server_start(&server, serve_all, twice);
  exchange_init(&exchange, server.port, "POST", "/");
  for (round = 0; round < 3; round++) {
    for (i = 0; i < MANY; i++) {
      transfers[i] = glc_http_start(http, &exchange.request, NULL);
    }
    CHECK(exchange_wait(http));
    for (i = 0; i < MANY; i++) {
      CHECK_BYTES(glc_transfer_body(transfers[i]), "ok");
      glc_transfer_free(transfers[i]);
    }
  }
  glc_http_close(http);
  server_stop(&server);
  CHECK_NUMBER(server.requests, 3 * MANY);
}

/* Of what an engine has open, a child that the host starts sees nothing. */
static void test_inherited(void) {
  struct glc_http *http = glc_http_open(NULL);
  struct exchange exchange;
  int fd, flags, sockets = 0;

  server_start(&server, serve_all, ANSWER);
  exchange_init(&exchange, server.port, "POST", "/");
  check_run(http, &exchange, GLC_OK, false);
  for (fd = 3; fd < 64; fd++) {
    struct sockaddr_in address;
    socklen_t size = sizeof address;

    if (getpeername(fd, (struct sockaddr *)&address, &size) == 0 &&
        address.sin_family == AF_INET &&
        ntohs(address.sin_port) == server.port) {
      flags = fcntl(fd, F_GETFD);
      CHECK(flags >= 0 && (flags & FD_CLOEXEC) != 0);
      sockets++;
    }
  }
  CHECK_NUMBER(sockets, 1);
  glc_http_close(http);
  server_stop(&server);
}

/* Serves: an answer that comes when the child has had its time. */
static void serve_late(struct server_connection *connection) {
  while (server_receive(connection)) {
    glc_clock_sleep(300);
    (void)server_answer(connection);
  }
}

/* All that a child may call; 0: nothing of it reached the parent's engine. */
static int use_in_child(struct glc_http *http, struct glc_transfer *transfer,
                        struct exchange *exchange) {
  struct glc_error error = {GLC_OK, ""};
  size_t count = 1;
  bool well = glc_http_forked(http);
  int stranger;

  (void)glc_http_fds(http, &count);
  well = well && count == 0 && glc_http_timeout(http) == 0;
  well = well && glc_http_start(http, &exchange->request, &error) == NULL &&
         error.code == GLC_CANCELLED;
  glc_clock_sleep(400); /* the answer is there */
  well = well && glc_http_wait(http, -1, &error) == GLC_CANCELLED &&
         error.message[0] != '\0';
  well = well && glc_http_step(http, NULL, 0, NULL) == GLC_CANCELLED;
  well = well && glc_transfer_done(transfer) && glc_http_active(http) == 0 &&
         glc_transfer_result(transfer, NULL) == GLC_CANCELLED;
  well = well && glc_http_wait(http, -1, NULL) == GLC_CANCELLED;
  glc_transfer_cancel(transfer);
  glc_transfer_free(transfer);
  /* A descriptor that is the child's own stays open. */
  stranger = open("/dev/null", O_RDONLY);
  glc_http_close(http);
  well = well && fcntl(stranger, F_GETFD) >= 0;
  return well ? 0 : 1;
}

static void test_fork(void) {
  struct glc_http *http = glc_http_open(NULL);
  struct glc_transfer *transfer;
  struct exchange exchange;
  int status = -1, i;
  pid_t child;

  server_start(&server, serve_late, ANSWER);
  exchange_init(&exchange, server.port, "POST", "/");
  transfer = glc_http_start(http, &exchange.request, NULL);
  for (i = 0; i < 5; i++) {
    CHECK_NUMBER(glc_http_wait(http, 10, NULL), GLC_OK);
  }
  CHECK(glc_transfer_sent(transfer));
  child = fork();
  if (child == 0) {
    leave_to_parent();
    _exit(use_in_child(http, transfer, &exchange));
  }
  CHECK(waitpid(child, &status, 0) == child);
  CHECK_NUMBER(status, 0);
  CHECK(exchange_wait(http));
  CHECK_NUMBER(glc_transfer_result(transfer, NULL), GLC_OK);
  CHECK_BYTES(glc_transfer_body(transfer), "ok");
  glc_transfer_free(transfer);
  check_run(http, &exchange, GLC_OK, true);
  glc_http_close(http);
  server_stop(&server);
  CHECK_NUMBER(server.accepted, 1);
}

int main(void) {
  int descriptors;

  glc_http_close(glc_http_open(NULL));
  descriptors = count_descriptors();
  test_fresh_ways();
  test_lost_among_many();
  test_four_parts();
  test_stray_among_many();
  test_inherited();
  test_fork();
  CHECK_NUMBER(count_descriptors(), descriptors);
  return check_report("http_connection");
}
