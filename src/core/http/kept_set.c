#define _POSIX_C_SOURCE 200809L

#include "kept_set.h"

#ifdef __linux__

#include <sys/epoll.h>
#include <unistd.h>

enum { MOST_AT_ONCE = 128 };

int kept_set_open(void) {
  return epoll_create1(EPOLL_CLOEXEC);
}

void kept_set_close(int set) {
  (void)close(set);
}

bool kept_set_change(int set, int fd, int before, int events) {
  struct epoll_event event = {0, {0}};
  int what = before == 0 ? EPOLL_CTL_ADD : EPOLL_CTL_MOD;

  if (events == 0) {
    what = EPOLL_CTL_DEL;
  }
  event.events = ((events & GLC_HTTP_READ) ? EPOLLIN : 0U) |
                 ((events & GLC_HTTP_WRITE) ? EPOLLOUT : 0U);
  event.data.fd = fd;
  return epoll_ctl(set, what, fd, &event) == 0;
}

static int events_of(unsigned ready) {
  const unsigned broken = EPOLLERR | EPOLLHUP;

  /* At an end that is in no good order nothing may have come. */
  return ((ready & (EPOLLIN | broken)) == EPOLLIN ? GLC_HTTP_POLLED : 0) |
         ((ready & EPOLLIN) ? GLC_HTTP_READ : 0) |
         ((ready & EPOLLOUT) ? GLC_HTTP_WRITE : 0) |
         ((ready & broken)
              ? GLC_HTTP_READ | GLC_HTTP_WRITE | GLC_HTTP_ERROR
              : 0);
}

size_t kept_set_wait(int set, int timeout, struct glc_http_event *ready,
                     size_t room) {
  struct epoll_event events[MOST_AT_ONCE];
  int count, i;

  count = epoll_wait(set, events,
                     room < MOST_AT_ONCE ? (int)room : (int)MOST_AT_ONCE,
                     timeout);
  for (i = 0; i < count; i++) {
    ready[i].fd = events[i].data.fd;
    ready[i].events = events_of(events[i].events);
  }
  return count > 0 ? (size_t)count : 0;
}

#else

int kept_set_open(void) {
  return -1;
}

void kept_set_close(int set) {
  (void)set;
}

bool kept_set_change(int set, int fd, int before, int events) {
  (void)set;
  (void)fd;
  (void)before;
  (void)events;
  return false;
}

size_t kept_set_wait(int set, int timeout, struct glc_http_event *ready,
                     size_t room) {
  (void)set;
  (void)timeout;
  (void)ready;
  (void)room;
  return 0;
}

#endif
