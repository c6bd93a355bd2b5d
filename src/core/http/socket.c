#define _POSIX_C_SOURCE 200809L /* getsockname, fstat, fcntl */

#include "socket.h"

#include <arpa/inet.h>
#include <fcntl.h>
#ifdef __linux__
#include <linux/tcp.h> /* libc's own is older */
#endif
#include <limits.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

/* At once where the system can: a child may be made at any moment. */
#ifdef SOCK_CLOEXEC
static int new_socket(const struct curl_sockaddr *address) {
  return socket(address->family, address->socktype | SOCK_CLOEXEC,
                address->protocol);
}
#else
static int new_socket(const struct curl_sockaddr *address) {
  int fd = socket(address->family, address->socktype, address->protocol);

  if (fd >= 0) {
    (void)fcntl(fd, F_SETFD, FD_CLOEXEC);
  }
  return fd;
}
#endif

static bool reserve(struct socket_set *set) {
  size_t capacity = set->capacity * 2 + 8;
  struct open_socket *sockets;

  if (set->count < set->capacity) {
    return true;
  }
  sockets = realloc(set->sockets, capacity * sizeof *sockets);
  if (sockets != NULL) {
    set->sockets = sockets;
    set->capacity = capacity;
  }
  return sockets != NULL;
}

static ino_t number_of(int fd) {
  struct stat status;

  return fstat(fd, &status) == 0 && S_ISSOCK(status.st_mode) ? status.st_ino
                                                             : 0;
}

/* Pointers of one size are far from each other: their low bits say little. */
static int key_of(const void *opener) {
  return (int)(((uintptr_t)opener >> 4) & INT_MAX);
}

/* Where an entry is found besides its descriptor, and by what. */
static struct index *other_index(struct socket_set *set,
                                 const struct open_socket *entry, int *key) {
  const bool named = entry->ends.local_port != 0;

  *key = named ? entry->ends.local_port : key_of(entry->opener);
  return named ? &set->by_port : &set->by_opener;
}

static bool enter(struct socket_set *set, size_t position) {
  const struct open_socket *entry = &set->sockets[position];
  int key;
  struct index *other = other_index(set, entry, &key);
  bool entered = index_add(&set->by_fd, entry->fd, position);

  if (entered && !index_add(other, key, position)) {
    index_remove(&set->by_fd, entry->fd, position);
    entered = false;
  }
  return entered;
}

/* The last one takes the place of one that is gone. */
static void leave(struct socket_set *set, size_t position) {
  const struct open_socket *entry = &set->sockets[position];
  const size_t last = set->count - 1;
  int key;
  struct index *other = other_index(set, entry, &key);

  index_remove(other, key, position);
  index_remove(&set->by_fd, entry->fd, position);
  if (position != last) {
    entry = &set->sockets[last];
    other = other_index(set, entry, &key);
    index_move(other, key, last, position);
    index_move(&set->by_fd, entry->fd, last, position);
    set->sockets[position] = *entry;
  }
  set->count = last;
}

curl_socket_t socket_open(struct socket_set *set, const void *opener,
                          const struct curl_sockaddr *address,
                          bool *no_memory) {
  struct open_socket *entry;
  int fd;

  *no_memory = !reserve(set);
  fd = *no_memory ? -1 : new_socket(address);
  if (fd < 0) {
    return CURL_SOCKET_BAD;
  }
  entry = &set->sockets[set->count];
  memset(entry, 0, sizeof *entry);
  entry->fd = fd;
  entry->number = number_of(fd);
  entry->opener = opener;
  *no_memory = !enter(set, set->count);
  if (*no_memory) {
    (void)close(fd);
    return CURL_SOCKET_BAD;
  }
  set->count++;
  return fd;
}

static int amount(int fd, unsigned long what) {
  int count = 0;

  return ioctl(fd, what, &count) == 0 ? count : 0;
}

/* Whether what is written to `from` waits at `to`. */
static bool leads(int from, int to) {
  return amount(to, FIONREAD) > 0 && amount(from, TIOCOUTQ) > 0;
}

/*
 * libcurl does not tell its descriptors. They should be the lowest ones that
 * were free, and it is they if its own byte is in them; where another thread
 * took those meanwhile, nothing is done.
 */
CURLM *socket_new_multi(void) {
  int free_ones[2] = {-1, -1};
  CURLM *multi;

  if (pipe(free_ones) == 0) {
    (void)close(free_ones[0]);
    (void)close(free_ones[1]);
  }
  multi = curl_multi_init();
  if (multi != NULL && number_of(free_ones[0]) != 0 &&
      number_of(free_ones[1]) != 0 && amount(free_ones[0], FIONREAD) == 0 &&
      amount(free_ones[1], FIONREAD) == 0 &&
      curl_multi_wakeup(multi) == CURLM_OK &&
      (leads(free_ones[0], free_ones[1]) ||
       leads(free_ones[1], free_ones[0]))) {
    (void)fcntl(free_ones[0], F_SETFD, FD_CLOEXEC);
    (void)fcntl(free_ones[1], F_SETFD, FD_CLOEXEC);
  }
  return multi;
}

int socket_close(void *context, curl_socket_t fd) {
  struct socket_set *set = context;
  size_t cursor = 0, position;

  if (index_next(&set->by_fd, fd, &cursor, &position)) {
    leave(set, position);
  }
  return close(fd);
}

/* Writes down an address and its port; false: it is of no such kind. */
static bool read_address(const struct sockaddr_storage *address, char *text,
                         int *port) {
  const void *bytes = NULL;

  if (address->ss_family == AF_INET) {
    const struct sockaddr_in *v4 = (const struct sockaddr_in *)address;

    bytes = &v4->sin_addr;
    *port = ntohs(v4->sin_port);
  } else if (address->ss_family == AF_INET6) {
    const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)address;

    bytes = &v6->sin6_addr;
    *port = ntohs(v6->sin6_port);
  }
  return bytes != NULL &&
         inet_ntop(address->ss_family, bytes, text, ADDRESS_SIZE) != NULL;
}

static bool read_ends(int fd, struct socket_ends *ends) {
  struct sockaddr_storage address;
  socklen_t size = sizeof address;
  bool known;

  known = getpeername(fd, (struct sockaddr *)&address, &size) == 0 &&
          read_address(&address, ends->remote, &ends->remote_port);
  size = sizeof address;
  return known &&
         getsockname(fd, (struct sockaddr *)&address, &size) == 0 &&
         read_address(&address, ends->local, &ends->local_port);
}

static bool are_equal(const struct socket_ends *a,
                      const struct socket_ends *b) {
  return a->local_port == b->local_port && a->remote_port == b->remote_port &&
         strcmp(a->local, b->local) == 0 && strcmp(a->remote, b->remote) == 0;
}

/* Asks the system for the ends of a connection; whether that said them. */
static bool name(struct socket_set *set, size_t position) {
  struct open_socket *entry = &set->sockets[position];
  const int key = key_of(entry->opener);
  bool named = read_ends(entry->fd, &entry->ends);

  if (!named || !index_add(&set->by_port, entry->ends.local_port, position)) {
    entry->ends.local_port = 0;
    named = false;
  } else {
    index_remove(&set->by_opener, key, position);
  }
  return named;
}

/* That is done once, for the transfer that opened it: then they are known. */
static void name_those_of(struct socket_set *set, const void *opener) {
  const int key = key_of(opener);
  size_t cursor = 0, position;

  while (index_next(&set->by_opener, key, &cursor, &position)) {
    if (set->sockets[position].opener == opener && name(set, position)) {
      cursor = 0; /* the index has changed */
    }
  }
}

int socket_find(struct socket_set *set, const void *opener,
                const struct socket_ends *ends) {
  size_t cursor = 0, position;

  if (opener != NULL) {
    name_those_of(set, opener);
  }
  while (index_next(&set->by_port, ends->local_port, &cursor, &position)) {
    if (are_equal(&set->sockets[position].ends, ends)) {
      return set->sockets[position].fd;
    }
  }
  return -1;
}

bool socket_holds_input(int fd, bool or_end) {
  char byte;
  ssize_t length =
      fd >= 0 ? recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) : -1;

  return length > 0 || (or_end && length == 0);
}

#ifdef __linux__
int64_t socket_received(int fd) {
  const size_t needed = offsetof(struct tcp_info, tcpi_bytes_received) +
                        sizeof(((struct tcp_info *)NULL)->tcpi_bytes_received);
  struct tcp_info info;
  socklen_t size = sizeof info;

  return getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) == 0 &&
                 size >= needed
             ? (int64_t)info.tcpi_bytes_received
             : -1;
}
#else
int64_t socket_received(int fd) {
  (void)fd;
  return -1;
}
#endif

int socket_unread(int fd) {
  return amount(fd, FIONREAD);
}

void socket_abandon(struct socket_set *set) {
  size_t i;

  for (i = 0; i < set->count; i++) {
    const struct open_socket *entry = &set->sockets[i];

    if (entry->number != 0 && number_of(entry->fd) == entry->number) {
      (void)close(entry->fd);
    }
  }
  socket_forget(set);
}

void socket_forget(struct socket_set *set) {
  index_free(&set->by_fd);
  index_free(&set->by_port);
  index_free(&set->by_opener);
  free(set->sockets);
  memset(set, 0, sizeof *set);
}
