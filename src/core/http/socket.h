/* The sockets of an engine's connections: opened and closed here only. */
#ifndef GLC_SOCKET_H
#define GLC_SOCKET_H

#include <curl/curl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "index.h"

#pragma GCC visibility push(hidden)

/* An IPv6 address in words has 45 bytes at the most. */
enum { ADDRESS_SIZE = 48 };

/* Both ends of a connection; ports of 0: not known. */
struct socket_ends {
  char local[ADDRESS_SIZE];
  char remote[ADDRESS_SIZE];
  int local_port;
  int remote_port;
};

struct open_socket {
  int fd;
  ino_t number;       /* tells it from another one with its descriptor */
  const void *opener; /* compared only: it may be gone */
  struct socket_ends ends;
};

/* All that are open, and no other. Zeroed, it is empty. */
struct socket_set {
  struct open_socket *sockets;
  size_t count;
  size_t capacity;
  struct index by_fd;
  struct index by_port;   /* the local one, where it is known */
  struct index by_opener; /* where it is not yet */
};

/*
 * Opens a socket that children of the host do not inherit; CURL_SOCKET_BAD
 * where that fails, with *no_memory set where it could not be noted.
 */
curl_socket_t socket_open(struct socket_set *set, const void *opener,
                          const struct curl_sockaddr *address,
                          bool *no_memory);

/* CURLOPT_CLOSESOCKETFUNCTION, with the set for its data. */
int socket_close(void *set, curl_socket_t fd);

/*
 * Makes a multi handle with which children of the host do not inherit the pair
 * of sockets that libcurl may wake it by; before 8.9 it leaves that pair to
 * them. NULL where there is no memory.
 */
CURLM *socket_new_multi(void);

/* The descriptor of the connection with these ends; -1: it is none of ours. */
int socket_find(struct socket_set *set, const void *opener,
                const struct socket_ends *ends);

/* Whether a socket holds what was not read: bytes, or the peer's end. */
bool socket_holds_input(int fd, bool or_end);

/*
 * How many bytes have come on a connection (-1 where that is not known), and
 * how many of them were not read yet.
 */
int64_t socket_received(int fd);
int socket_unread(int fd);

/*
 * In a forked child: closes its copies, which does not end the connections,
 * and leaves alone what the child has opened under their numbers since.
 */
void socket_abandon(struct socket_set *set);

/* Frees the set; its sockets are left as they are. */
void socket_forget(struct socket_set *set);

#pragma GCC visibility pop

#endif
