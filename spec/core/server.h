/*
 * A server on the loopback device: a thread accepts, one more serves each
 * connection as the test says. Allocates nothing, so that faults meet the
 * core alone. Needs _POSIX_C_SOURCE 200809L.
 */
#ifndef SERVER_H
#define SERVER_H

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

enum { SERVER_CONNECTIONS = 512, SERVER_HEAD = 16 * 1024 };

struct server;

struct server_connection {
  struct server *server;
  pthread_t thread;
  int fd;     /* -1 once it is closed */
  int served; /* requests of this connection */
};

struct server {
  /* Serves one connection until it returns; then the connection is closed. */
  void (*serve)(struct server_connection *connection);
  const char *answer;
  size_t answer_length;
  int listener;
  int port;
  pthread_t acceptor;
  pthread_mutex_t lock; /* of all below */
  struct server_connection connections[SERVER_CONNECTIONS];
  int accepted;
  int requests;
  long long body_bytes;   /* of all requests */
  unsigned body_sum;      /* of all bytes of the last body */
  char head[SERVER_HEAD]; /* of the last request */
};

/* A length that a head announces; 0 where it announces none. */
static inline long long server_length_of(const char *head) {
  static const char name[] = "\r\ncontent-length:";
  const char *at;

  for (at = head; *at != '\0'; at++) {
    if (strncasecmp(at, name, sizeof name - 1) == 0) {
      return atoll(at + sizeof name - 1);
    }
  }
  return 0;
}

/* Reads a head; what of the body came with it is in *extra and *sum. */
static inline bool server_receive_head(int fd, char head[SERVER_HEAD],
                                       long long *extra, unsigned *sum) {
  size_t length = 0, i;
  const char *end = NULL;

  while (end == NULL && length < SERVER_HEAD - 1) {
    ssize_t got = recv(fd, head + length, SERVER_HEAD - 1 - length, 0);

    if (got <= 0) {
      return false;
    }
    length += (size_t)got;
    head[length] = '\0';
    end = strstr(head, "\r\n\r\n");
  }
  if (end != NULL) {
    *extra = (long long)(length - (size_t)(end + 4 - head));
    for (i = (size_t)(end + 4 - head); i < length; i++) {
      *sum += (unsigned char)head[i];
    }
    head[end + 4 - head] = '\0';
  }
  return end != NULL;
}

/* Receives one request whole and counts it; false: no more come. */
static inline bool server_receive(struct server_connection *connection) {
  struct server *server = connection->server;
  char head[SERVER_HEAD], piece[SERVER_HEAD];
  long long had = 0, length;
  unsigned sum = 0;

  if (!server_receive_head(connection->fd, head, &had, &sum)) {
    return false;
  }
  length = server_length_of(head);
  while (had < length) {
    ssize_t i, got = recv(connection->fd, piece, sizeof piece, 0);

    if (got <= 0) {
      return false;
    }
    had += got;
    for (i = 0; i < got; i++) {
      sum += (unsigned char)piece[i];
    }
  }
  pthread_mutex_lock(&server->lock);
  server->requests++;
  connection->served++;
  server->body_bytes += had;
  server->body_sum = sum;
  memcpy(server->head, head, sizeof head);
  pthread_mutex_unlock(&server->lock);
  return true;
}

static inline bool server_send(struct server_connection *connection,
                               const char *data, size_t length) {
  while (length > 0) {
    ssize_t sent = send(connection->fd, data, length, MSG_NOSIGNAL);

    if (sent <= 0) {
      return false;
    }
    data += sent;
    length -= (size_t)sent;
  }
  return true;
}

static inline bool server_answer(struct server_connection *connection) {
  return server_send(connection, connection->server->answer,
                     connection->server->answer_length);
}

/* Serves: the answer to each request, as long as they come. */
static inline void serve_all(struct server_connection *connection) {
  while (server_receive(connection) && server_answer(connection)) {
  }
}

/* Serves: the answer to one request, then the end. */
static inline void serve_one(struct server_connection *connection) {
  if (server_receive(connection)) {
    (void)server_answer(connection);
  }
}

/* Waits for the client to go. */
static inline void server_linger(struct server_connection *connection) {
  char byte;

  while (recv(connection->fd, &byte, 1, 0) > 0) {
  }
}

/* Serves: the answer to one request, then nothing. */
static inline void serve_and_stall(struct server_connection *connection) {
  if (server_receive(connection) && server_answer(connection)) {
    server_linger(connection);
  }
}

static inline void *server_connection_run(void *context) {
  struct server_connection *connection = context;
  struct server *server = connection->server;

  server->serve(connection);
  pthread_mutex_lock(&server->lock);
  close(connection->fd);
  connection->fd = -1;
  pthread_mutex_unlock(&server->lock);
  return NULL;
}

static inline void *server_accept(void *context) {
  struct server *server = context;
  int fd;

  while ((fd = accept(server->listener, NULL, NULL)) >= 0) {
    struct server_connection *connection;

    pthread_mutex_lock(&server->lock);
    connection = &server->connections[server->accepted];
    connection->server = server;
    connection->fd = fd;
    connection->served = 0;
    if (server->accepted == SERVER_CONNECTIONS ||
        pthread_create(&connection->thread, NULL, server_connection_run,
                       connection) != 0) {
      abort();
    }
    server->accepted++;
    pthread_mutex_unlock(&server->lock);
  }
  return NULL;
}

/* A socket bound to a free port of the loopback device, not listening. */
static inline int server_bind(int *port) {
  struct sockaddr_in address;
  socklen_t size = sizeof address;
  int fd = socket(AF_INET, SOCK_STREAM, 0);

  memset(&address, 0, sizeof address);
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (fd < 0 || bind(fd, (struct sockaddr *)&address, size) != 0 ||
      getsockname(fd, (struct sockaddr *)&address, &size) != 0) {
    abort();
  }
  *port = ntohs(address.sin_port);
  return fd;
}

/* Starts a server; a test without one is no test, so failure ends it. */
static inline void
server_start(struct server *server,
             void (*serve)(struct server_connection *connection),
             const char *answer) {
  memset(server, 0, sizeof *server);
  server->serve = serve;
  server->answer = answer;
  server->answer_length = strlen(answer);
  server->listener = server_bind(&server->port);
  if (pthread_mutex_init(&server->lock, NULL) != 0 ||
      listen(server->listener, 256) != 0 ||
      pthread_create(&server->acceptor, NULL, server_accept, server) != 0) {
    abort();
  }
}

/* Ends all connections and waits for all threads. */
static inline void server_stop(struct server *server) {
  int i;

  shutdown(server->listener, SHUT_RDWR);
  pthread_join(server->acceptor, NULL);
  close(server->listener);
  pthread_mutex_lock(&server->lock);
  for (i = 0; i < server->accepted; i++) {
    if (server->connections[i].fd >= 0) {
      shutdown(server->connections[i].fd, SHUT_RDWR);
    }
  }
  pthread_mutex_unlock(&server->lock);
  for (i = 0; i < server->accepted; i++) {
    pthread_join(server->connections[i].thread, NULL);
  }
  pthread_mutex_destroy(&server->lock);
}

#endif
