/*
 * A server of large bodies: "GET /SIZE" is answered with as many bytes, or
 * with the range of them that is asked for; byte n of a body is a cheap
 * function of n. So is the output of a job whose name is such a number; its
 * description is that of an archive. Prints its port and serves until killed.
 */
#define _POSIX_C_SOURCE 200809L

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PERIOD = 1024 * 1024 };

/* Twice, so that a piece of a whole period may begin anywhere. */
static unsigned char content[2 * PERIOD];

static void fill_content(void) {
  unsigned state = 1;
  size_t i;

  for (i = 0; i < PERIOD; i++) {
    state = state * 1103515245u + 12345u;
    content[i] = content[PERIOD + i] = (unsigned char)(state >> 16);
  }
}

static bool send_all(int fd, const void *data, size_t length) {
  const char *bytes = data;
  ssize_t sent = 1;

  while (length > 0 && sent > 0) {
    sent = send(fd, bytes, length, MSG_NOSIGNAL);
    if (sent > 0) {
      bytes += sent;
      length -= (size_t)sent;
    }
  }
  return length == 0;
}

static bool send_body(int fd, long long first, long long size) {
  bool sound = true;

  while (sound && size > 0) {
    const size_t length = size < PERIOD ? (size_t)size : (size_t)PERIOD;

    sound = send_all(fd, content + first % PERIOD, length);
    first += (long long)length;
    size -= (long long)length;
  }
  return sound;
}

static bool describe(int fd, long long size) {
  char text[800], body[500];
  const int length = snprintf(
      body, sizeof body,
      "{\"Action\":\"ArchiveRetrieval\",\"ArchiveId\":\"A\","
      "\"ArchiveSizeInBytes\":%lld,\"Completed\":true,"
      "\"CompletionDate\":\"2026-01-01T00:00:00.000Z\","
      "\"CreationDate\":\"2026-01-01T00:00:00.000Z\",\"JobId\":\"%lld\","
      "\"RetrievalByteRange\":\"0-%lld\",\"StatusCode\":\"Succeeded\","
      "\"Tier\":\"Bulk\"}",
      size, size, size - 1);
  const int whole = snprintf(text, sizeof text,
                             "HTTP/1.1 200 OK\r\nContent-Type: "
                             "application/json\r\nContent-Length: %d\r\n\r\n%s",
                             length, body);

  return send_all(fd, text, (size_t)whole);
}

static bool answer(int fd, const char *request) {
  char head[400];
  const char *range = strstr(request, "ytes=");
  const char *job = strstr(request, "/jobs/");
  const char *number = job != NULL ? job + strlen("/jobs/") : request + 5;
  char *behind;
  long long size = strtoll(number, &behind, 10);
  long long first = 0, last = size - 1;
  int length;

  if (job != NULL && *behind == ' ') {
    return describe(fd, size);
  }
  if (range != NULL &&
      sscanf(range, "ytes=%lld-%lld", &first, &last) == 2) {
    length = snprintf(head, sizeof head,
                      "HTTP/1.1 206 Partial Content\r\n"
                      "Content-Range: bytes %lld-%lld/%lld\r\n"
                      "Content-Length: %lld\r\n\r\n",
                      first, last, size, last - first + 1);
  } else {
    length = snprintf(head, sizeof head,
                      "HTTP/1.1 200 OK\r\nContent-Length: %lld\r\n\r\n", size);
  }
  return send_all(fd, head, (size_t)length) &&
         send_body(fd, first, last - first + 1);
}

/* One request at a time; a request has no body. */
static void *serve(void *context) {
  int fd = *(int *)context;
  char request[16384];
  size_t length = 0;
  ssize_t got;
  bool sound = true;

  free(context);
  while (sound && (got = recv(fd, request + length,
                              sizeof request - 1 - length, 0)) > 0) {
    length += (size_t)got;
    request[length] = '\0';
    if (strstr(request, "\r\n\r\n") != NULL) {
      sound = answer(fd, request);
      length = 0;
    }
  }
  close(fd);
  return NULL;
}

int main(void) {
  struct sockaddr_in address = {0};
  socklen_t size = sizeof address;
  int listener = socket(AF_INET, SOCK_STREAM, 0);

  fill_content();
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
    pthread_t thread;
    int *fd = malloc(sizeof *fd);

    if (fd == NULL) {
      return 1;
    }
    *fd = accept(listener, NULL, NULL);
    if (*fd < 0 || pthread_create(&thread, NULL, serve, fd) != 0) {
      return 1;
    }
    pthread_detach(thread);
  }
}
