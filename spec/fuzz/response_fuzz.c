/*
 * Responses, heads and bodies, as a server may send any bytes: each transfer
 * ends, with a whole response in its bounds or with an error that has words.
 *
 * The input: flags, a byte that says how it is cut in pieces, the response.
 */
#define _POSIX_C_SOURCE 200809L

#include "fuzz.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "clock.h"
#include "http.h"

enum {
  HEAD = 2,
  MOST_HEADERS = 8 * 1024,
  MOST_BODY = 32 * 1024,
  PATIENCE = 5000, /* milliseconds */
  RAW = 1, PIECES = 2, SECRET = 4, HEAD_METHOD = 8
};

struct peer {
  int listener;
  int port;
  int fd; /* -1: nobody has connected yet */
  const uint8_t *data;
  size_t size, sent, piece;
};

static struct peer peer;

static void peer_open(void) {
  struct sockaddr_in address;
  socklen_t length = sizeof address;

  memset(&address, 0, sizeof address);
  address.sin_family = AF_INET; /* any address: see next_host */
  peer.listener = socket(AF_INET, SOCK_STREAM, 0);
  REQUIRE(peer.listener >= 0);
  REQUIRE(bind(peer.listener, (struct sockaddr *)&address, length) == 0);
  REQUIRE(listen(peer.listener, 16) == 0);
  REQUIRE(getsockname(peer.listener, (struct sockaddr *)&address, &length) ==
          0);
  REQUIRE(fcntl(peer.listener, F_SETFL, O_NONBLOCK) == 0);
  peer.port = ntohs(address.sin_port);
  (void)signal(SIGPIPE, SIG_IGN);
}

/* Reads what there is, and sends the next piece. */
static void peer_step(void) {
  char buffer[4096];

  if (peer.fd < 0) {
    peer.fd = accept(peer.listener, NULL, NULL);
    if (peer.fd >= 0) {
      REQUIRE(fcntl(peer.fd, F_SETFL, O_NONBLOCK) == 0);
    }
  }
  if (peer.fd >= 0 && recv(peer.fd, buffer, sizeof buffer, 0) > 0) {
    peer.sent = 0;
  }
  if (peer.fd >= 0 && peer.sent < peer.size) {
    const size_t rest = peer.size - peer.sent;
    const ssize_t sent =
        send(peer.fd, peer.data + peer.sent,
             rest < peer.piece ? rest : peer.piece, MSG_NOSIGNAL);

    peer.sent += sent > 0 ? (size_t)sent : 0;
  } else if (peer.fd >= 0 && peer.sent == peer.size) {
    (void)shutdown(peer.fd, SHUT_WR);
  }
}

/* Connections that are over keep their pair of ports for a minute. */
static void next_host(char *url, size_t size) {
  static unsigned number;

  number++;
  (void)snprintf(url, size, "http://127.0.%u.%u:%d/", number / 250 % 250,
                 1 + number % 250, peer.port);
}

static void check_response(const struct glc_transfer *transfer) {
  struct glc_error error = {GLC_OK, ""};
  struct glc_header header;
  size_t cursor = 0, bytes = 0;

  REQUIRE(glc_transfer_done(transfer));
  REQUIRE(glc_transfer_body(transfer).length <= MOST_BODY);
  if (glc_transfer_result(transfer, &error) != GLC_OK) {
    REQUIRE(error.message[0] != '\0');
    REQUIRE(strlen(error.message) < GLC_MESSAGE_SIZE);
  } else {
    REQUIRE(glc_transfer_has_head(transfer));
    REQUIRE(glc_transfer_status(transfer) >= 0);
  }
  REQUIRE(glc_transfer_reason(transfer).length <= MOST_HEADERS);
  while (glc_transfer_header(transfer, &cursor, &header)) {
    bytes += header.name.length + header.value.length + 1;
    REQUIRE(bytes <= MOST_HEADERS);
    REQUIRE(memchr(header.name.data, ':', header.name.length) == NULL);
    REQUIRE(header.value.length == 0 ||
            memchr(header.value.data, '\n', header.value.length) == NULL);
  }
}

static void exchange(struct glc_http_request *request) {
  const struct glc_header headers[] = {
      {glc_bytes_of("Host"), glc_bytes_of("glacier")}};
  const int64_t start = glc_clock_monotonic();
  struct glc_http *http = glc_http_open(NULL);
  struct glc_transfer *transfer;

  REQUIRE(http != NULL);
  request->headers = headers;
  request->header_count = 1;
  transfer = glc_http_start(http, request, NULL);
  REQUIRE(transfer != NULL);
  while (!glc_transfer_done(transfer)) {
    peer_step();
    REQUIRE(glc_http_wait(http, peer.sent < peer.size ? 0 : 1, NULL) ==
            GLC_OK);
    if (request->piece_bytes > 0 && glc_transfer_held(transfer).length > 0) {
      glc_transfer_resume(transfer);
    }
    REQUIRE(glc_clock_monotonic() - start < PATIENCE);
  }
  check_response(transfer);
  glc_transfer_free(transfer);
  glc_http_close(http);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static const struct glc_bytes no_proxy;
  struct glc_http_request request;
  char url[64];

  if (size < HEAD) {
    return -1;
  }
  if (peer.port == 0) {
    peer_open();
  }
  next_host(url, sizeof url);
  memset(&request, 0, sizeof request);
  request.method = glc_bytes_of(data[0] & HEAD_METHOD ? "HEAD" : "GET");
  request.url = glc_bytes_of(url);
  request.proxy = &no_proxy;
  request.raw_body = (data[0] & RAW) != 0;
  request.secret_body = (data[0] & SECRET) != 0;
  request.piece_bytes = (data[0] & PIECES) != 0 ? 512 : 0;
  request.max_header_bytes = MOST_HEADERS;
  request.max_body_bytes = MOST_BODY;
  peer.data = data + HEAD;
  peer.size = size - HEAD;
  peer.sent = 0;
  peer.piece = 1 + (size_t)data[1] * 64;
  peer.fd = -1;
  exchange(&request);
  if (peer.fd >= 0) {
    REQUIRE(close(peer.fd) == 0);
  }
  return 0;
}
