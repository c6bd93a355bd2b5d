/*
 * A proxy that is spoken to in TLS: tls_proxy CERTIFICATE KEY
 *
 * Prints its port, answers CONNECT HOST:PORT and passes on what comes, until
 * its standard input ends; then prints how many tunnels it has dug. A thread
 * serves each connection.
 */
#define _POSIX_C_SOURCE 200809L

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PIECE = 16384 };

static SSL_CTX *context; /* write-once */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int tunnels; /* behind the lock */

/* Reads a head byte by byte: what follows it is the tunnel's. */
static int read_head(SSL *ssl, char head[PIECE]) {
  int length = 0;

  head[0] = '\0';
  while (length < PIECE - 1 && strstr(head, "\r\n\r\n") == NULL &&
         SSL_read(ssl, head + length, 1) == 1) {
    head[++length] = '\0';
  }
  return strstr(head, "\r\n\r\n") != NULL;
}

static int connect_to(const char *host, int port) {
  struct sockaddr_in address;
  int fd = socket(AF_INET, SOCK_STREAM, 0);

  memset(&address, 0, sizeof address);
  address.sin_family = AF_INET;
  address.sin_port = htons((unsigned short)port);
  if (inet_pton(AF_INET, host, &address.sin_addr) != 1 ||
      connect(fd, (struct sockaddr *)&address, sizeof address) != 0) {
    close(fd);
    fd = -1;
  }
  return fd;
}

static int send_all(int fd, const char *data, int length) {
  int sent = 0;

  while (sent < length) {
    ssize_t count =
        send(fd, data + sent, (size_t)(length - sent), MSG_NOSIGNAL);

    if (count <= 0) {
      return 0;
    }
    sent += (int)count;
  }
  return 1;
}

static void relay(SSL *ssl, int fd) {
  struct pollfd polled[2] = {{SSL_get_fd(ssl), POLLIN, 0}, {fd, POLLIN, 0}};
  char piece[PIECE];
  int open = 1;

  while (open && (SSL_pending(ssl) > 0 || poll(polled, 2, -1) > 0)) {
    int length;

    if (SSL_pending(ssl) > 0 || polled[0].revents != 0) {
      length = SSL_read(ssl, piece, PIECE);
      open = length > 0 && send_all(fd, piece, length);
    }
    if (open && polled[1].revents != 0) {
      length = (int)recv(fd, piece, PIECE, 0);
      open = length > 0 && SSL_write(ssl, piece, length) == length;
    }
    polled[0].revents = 0;
    polled[1].revents = 0;
  }
}

static void tunnel(SSL *ssl) {
  static const char good[] = "HTTP/1.1 200 Connection established\r\n\r\n";
  static const char bad[] =
      "HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n";
  char head[PIECE], host[64];
  int port = 0, fd = -1;

  if (read_head(ssl, head) &&
      sscanf(head, "CONNECT %63[0-9.]:%d ", host, &port) == 2) {
    fd = connect_to(host, port);
  }
  if (fd < 0) {
    (void)SSL_write(ssl, bad, sizeof bad - 1);
  } else if (SSL_write(ssl, good, sizeof good - 1) > 0) {
    pthread_mutex_lock(&lock);
    tunnels++;
    pthread_mutex_unlock(&lock);
    relay(ssl, fd);
  }
  if (fd >= 0) {
    close(fd);
  }
}

static void *serve(void *argument) {
  int fd = (int)(size_t)argument;
  SSL *ssl = SSL_new(context);

  if (ssl != NULL && SSL_set_fd(ssl, fd) == 1 && SSL_accept(ssl) == 1) {
    tunnel(ssl);
    (void)SSL_shutdown(ssl);
  }
  SSL_free(ssl);
  close(fd);
  return NULL;
}

static void *accept_all(void *argument) {
  int listener = (int)(size_t)argument, fd;
  pthread_t thread;

  while ((fd = accept(listener, NULL, NULL)) >= 0) {
    if (pthread_create(&thread, NULL, serve, (void *)(size_t)fd) != 0 ||
        pthread_detach(thread) != 0) {
      abort();
    }
  }
  return NULL;
}

static int listen_somewhere(int *port) {
  struct sockaddr_in address;
  socklen_t size = sizeof address;
  int fd = socket(AF_INET, SOCK_STREAM, 0);

  memset(&address, 0, sizeof address);
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (bind(fd, (struct sockaddr *)&address, size) != 0 ||
      listen(fd, 64) != 0 ||
      getsockname(fd, (struct sockaddr *)&address, &size) != 0) {
    abort();
  }
  *port = ntohs(address.sin_port);
  return fd;
}

int main(int argc, char **argv) {
  pthread_t acceptor;
  int port, listener;

  context = SSL_CTX_new(TLS_server_method());
  if (argc != 3 || context == NULL || signal(SIGPIPE, SIG_IGN) == SIG_ERR ||
      SSL_CTX_use_certificate_file(context, argv[1], SSL_FILETYPE_PEM) != 1 ||
      SSL_CTX_use_PrivateKey_file(context, argv[2], SSL_FILETYPE_PEM) != 1) {
    return 2;
  }
  listener = listen_somewhere(&port);
  if (pthread_create(&acceptor, NULL, accept_all,
                     (void *)(size_t)listener) != 0) {
    return 2;
  }
  printf("%d\n", port);
  fflush(stdout);
  while (getchar() != EOF) {
  }
  pthread_mutex_lock(&lock);
  printf("%d\n", tunnels);
  fflush(stdout);
  _exit(0); /* threads may be at work */
}
