/*
 * A server that costs next to nothing: answers every request on a connection
 * with the same recorded response. Prints its port and serves until killed.
 */
#define _POSIX_C_SOURCE 200809L

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

static const char answer[] =
    "HTTP/1.1 202 Accepted\r\n"
    "x-amzn-RequestId: AAABChttTXgDdQ9RxTpK0BgGHOssuhQDZ74k_hUTU-s9J30\r\n"
    "Location: /111122223333/vaults/examplevault/jobs/HkF9p6o7yjhFx-K3CGl6f\r\n"
    "x-amz-job-id: HkF9p6o7yjhFx-K3CGl6f\r\n"
    "Content-Length: 0\r\n\r\n";

/* The length of the whole request in the buffer; 0: there is more to come. */
static size_t request_length(const char *buffer, size_t length) {
  const char *end = strstr(buffer, "\r\n\r\n");
  const char *field = strstr(buffer, "ontent-Length: ");
  size_t total;

  if (end == NULL) {
    return 0;
  }
  total = (size_t)(end - buffer) + 4;
  if (field != NULL && field < end) {
    total += (size_t)atol(field + 15);
  }
  return length >= total ? total : 0;
}

static void *serve(void *context) {
  int fd = *(int *)context;
  char buffer[65536];
  size_t length = 0;
  ssize_t got;

  free(context);
  while ((got = recv(fd, buffer + length, sizeof buffer - 1 - length, 0)) > 0) {
    size_t total;

    length += (size_t)got;
    buffer[length] = '\0';
    while ((total = request_length(buffer, length)) > 0) {
      memmove(buffer, buffer + total, length - total + 1);
      length -= total;
      if (send(fd, answer, sizeof answer - 1, MSG_NOSIGNAL) < 0) {
        break;
      }
    }
  }
  close(fd);
  return NULL;
}

int main(void) {
  struct sockaddr_in address = {0};
  socklen_t size = sizeof address;
  int on = 1;
  int listener = socket(AF_INET, SOCK_STREAM, 0);

  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (listener < 0 ||
      bind(listener, (struct sockaddr *)&address, sizeof address) != 0 ||
      listen(listener, 64) != 0 ||
      getsockname(listener, (struct sockaddr *)&address, &size) != 0) {
    return 1;
  }
  printf("%d\n", ntohs(address.sin_port));
  fflush(stdout);
  for (;;) {
    int *fd = malloc(sizeof *fd);
    pthread_t thread;

    if (fd == NULL || (*fd = accept(listener, NULL, NULL)) < 0) {
      return 1;
    }
    setsockopt(*fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (pthread_create(&thread, NULL, serve, fd) != 0) {
      return 1;
    }
    pthread_detach(thread);
  }
}
