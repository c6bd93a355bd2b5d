/*
 * A server that costs next to nothing: one thread, which answers every request
 * with the same recorded response; but "GET /recorded" with the last request
 * that was another, byte for byte. Prints its port and serves until killed.
 *
 *   server [MILLISECONDS]    that it takes for each answer
 */
#define _POSIX_C_SOURCE 200809L

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { EVENTS = 256, REQUEST_SIZE = 16384, BACKLOG = 2048 };

static const char answer[] =
    "HTTP/1.1 202 Accepted\r\n"
    "x-amzn-RequestId: AAABChttTXgDdQ9RxTpK0BgGHOssuhQDZ74k_hUTU-s9J30\r\n"
    "Location: /111122223333/vaults/examplevault/jobs/HkF9p6o7yjhFx-K3CGl6f\r\n"
    "x-amz-job-id: HkF9p6o7yjhFx-K3CGl6f\r\n"
    "Content-Length: 0\r\n\r\n";

struct connection {
  int fd;
  size_t length;
  char buffer[REQUEST_SIZE + 1];
};

/* The last one that was not a question for it. */
static char recorded[REQUEST_SIZE];
static size_t recorded_length;
static struct timespec delay;

/* The length of the whole request in the buffer; 0: there is more to come. */
static size_t request_length(const char *buffer, size_t length) {
  const char *end = strstr(buffer, "\r\n\r\n");
  const char *field = strstr(buffer, "ontent-Length: ");
  size_t total;

  if (end == NULL) {
    return 0;
  }
  if (field == NULL) {
    field = strstr(buffer, "ontent-length: ");
  }
  total = (size_t)(end - buffer) + 4;
  if (field != NULL && field < end) {
    total += (size_t)atol(field + 15);
  }
  return length >= total ? total : 0;
}

static ssize_t tell_recorded(int fd) {
  char head[80];
  const int length =
      snprintf(head, sizeof head,
               "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n",
               recorded_length);

  return send(fd, head, (size_t)length, MSG_NOSIGNAL) < 0
             ? -1
             : send(fd, recorded, recorded_length, MSG_NOSIGNAL);
}

static ssize_t reply(int fd, const char *request, size_t length) {
  if (strncmp(request, "GET /recorded ", 14) == 0) {
    return tell_recorded(fd);
  }
  memcpy(recorded, request, length);
  recorded_length = length;
  (void)nanosleep(&delay, NULL);
  return send(fd, answer, sizeof answer - 1, MSG_NOSIGNAL);
}

static void serve(struct connection *connection) {
  char *buffer = connection->buffer;
  ssize_t got = recv(connection->fd, buffer + connection->length,
                     REQUEST_SIZE - connection->length, 0);
  size_t total;

  if (got > 0) {
    connection->length += (size_t)got;
    buffer[connection->length] = '\0';
    while (got > 0 &&
           (total = request_length(buffer, connection->length)) > 0) {
      got = reply(connection->fd, buffer, total);
      connection->length -= total;
      memmove(buffer, buffer + total, connection->length + 1);
    }
  }
  if (got <= 0) {
    (void)close(connection->fd);
    free(connection);
  }
}

static int welcome(int poll, int listener) {
  struct connection *connection = calloc(1, sizeof *connection);
  struct epoll_event event = {0, {0}};
  int on = 1;

  if (connection == NULL) {
    return -1;
  }
  connection->fd = accept(listener, NULL, NULL);
  event.events = EPOLLIN;
  event.data.ptr = connection;
  if (connection->fd < 0) {
    free(connection);
    return 0; /* who came has gone */
  }
  (void)setsockopt(connection->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return epoll_ctl(poll, EPOLL_CTL_ADD, connection->fd, &event);
}

int main(int argc, char **argv) {
  struct sockaddr_in address = {0};
  struct epoll_event event = {0, {0}}, events[EVENTS];
  socklen_t size = sizeof address;
  int listener = socket(AF_INET, SOCK_STREAM, 0), poll = epoll_create1(0);
  int i, ready, sound = 1;

  delay.tv_nsec = argc > 1 ? atol(argv[1]) % 1000 * 1000000 : 0;
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  event.events = EPOLLIN;
  if (listener < 0 || poll < 0 ||
      bind(listener, (struct sockaddr *)&address, sizeof address) != 0 ||
      listen(listener, BACKLOG) != 0 ||
      getsockname(listener, (struct sockaddr *)&address, &size) != 0 ||
      epoll_ctl(poll, EPOLL_CTL_ADD, listener, &event) != 0) {
    return 1;
  }
  printf("%d\n", ntohs(address.sin_port));
  fflush(stdout);
  while (sound) {
    ready = epoll_wait(poll, events, EVENTS, -1);
    for (i = 0; i < ready && sound; i++) {
      if (events[i].data.ptr != NULL) {
        serve(events[i].data.ptr);
      } else {
        sound = welcome(poll, listener) == 0;
      }
    }
  }
  return 1;
}
