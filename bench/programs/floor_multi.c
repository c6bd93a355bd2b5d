/*
 * A bare libcurl multi loop with socket_action and epoll: so many transfers at
 * a time, each of which begins anew when it has ended. Prints nanoseconds a
 * turn and the peak of the process's memory in KiB.
 *
 *   floor_multi REQUEST-FILE BASE-URL COUNT IN-FLIGHT
 */
#define _POSIX_C_SOURCE 200809L
#ifndef _DEFAULT_SOURCE
#define _DEFAULT_SOURCE /* ru_maxrss */
#endif

#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <unistd.h>

#include "clock.h"
#include "request_file.h"

enum { EVENTS = 256 };

static int watch(CURL *easy, curl_socket_t socket, int what, void *context,
                 void *known) {
  const int poll = *(int *)context;
  struct epoll_event event = {0, {0}};

  (void)easy;
  (void)known;
  event.data.fd = socket;
  event.events = (what & CURL_POLL_IN ? (unsigned)EPOLLIN : 0u) |
                 (what & CURL_POLL_OUT ? (unsigned)EPOLLOUT : 0u);
  if (what == CURL_POLL_REMOVE) {
    (void)epoll_ctl(poll, EPOLL_CTL_DEL, socket, &event);
  } else if (epoll_ctl(poll, EPOLL_CTL_MOD, socket, &event) != 0) {
    (void)epoll_ctl(poll, EPOLL_CTL_ADD, socket, &event);
  }
  return 0;
}

static int note_timeout(CURLM *multi, long milliseconds, void *context) {
  (void)multi;
  *(long *)context = milliseconds;
  return 0;
}

/* Those that have ended begin anew; how many have ended, -1 if one failed. */
static long restart(CURLM *multi, long *begun, long count) {
  CURLMsg *message;
  long ended = 0;
  int left;

  while (ended >= 0 && (message = curl_multi_info_read(multi, &left)) != NULL) {
    CURL *easy = message->easy_handle;

    ended = message->data.result == CURLE_OK ? ended + 1 : -1;
    curl_multi_remove_handle(multi, easy);
    if (ended >= 0 && *begun < count) {
      curl_multi_add_handle(multi, easy);
      (*begun)++;
    }
  }
  return ended;
}

static int turns(CURLM *multi, int poll, long *timeout, CURL **easies,
                 long in_flight, long count) {
  struct epoll_event events[EVENTS];
  long begun = 0, ended = 0, more = 0;
  int running, i, ready;

  for (; begun < in_flight && begun < count; begun++) {
    curl_multi_add_handle(multi, easies[begun]);
  }
  while (more >= 0 && ended < count) {
    ready = epoll_wait(poll, events, EVENTS,
                       *timeout < 0 || *timeout > 1000 ? 1000 : (int)*timeout);
    if (ready == 0) {
      *timeout = -1;
      curl_multi_socket_action(multi, CURL_SOCKET_TIMEOUT, 0, &running);
    }
    for (i = 0; i < ready; i++) {
      const int what = (events[i].events & EPOLLIN ? CURL_CSELECT_IN : 0) |
                       (events[i].events & EPOLLOUT ? CURL_CSELECT_OUT : 0);

      curl_multi_socket_action(multi, events[i].data.fd, what, &running);
    }
    more = restart(multi, &begun, count);
    ended += more;
  }
  return more >= 0;
}

int main(int argc, char **argv) {
  static struct recorded_request request;
  const long count = argc > 4 ? atol(argv[3]) : 0;
  const long in_flight = argc > 4 ? atol(argv[4]) : 0;
  CURL **easies = NULL;
  CURLM *multi = curl_multi_init();
  int poll = epoll_create1(0);
  long timeout = -1, i;
  struct rusage usage;
  double start;
  int sound;

  if (count <= 0 || in_flight <= 0 || multi == NULL || poll < 0 ||
      !request_read(&request, argv[1], argv[2])) {
    return 2;
  }
  easies = calloc((size_t)in_flight, sizeof *easies);
  if (easies == NULL) {
    return 2;
  }
  curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, watch);
  curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, &poll);
  curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, note_timeout);
  curl_multi_setopt(multi, CURLMOPT_TIMERDATA, &timeout);
  curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, in_flight);
  for (i = 0; i < in_flight; i++) {
    easies[i] = curl_easy_init();
    request_set(&request, easies[i], NULL);
  }
  /* The connections are made before it is measured. */
  sound = turns(multi, poll, &timeout, easies, in_flight, in_flight);
  start = bench_now();
  sound = sound && turns(multi, poll, &timeout, easies, in_flight, count);
  if (sound && getrusage(RUSAGE_SELF, &usage) == 0) {
    printf("%.1f %ld\n", (bench_now() - start) / (double)count,
           usage.ru_maxrss);
  }
  for (i = 0; i < in_flight; i++) {
    curl_easy_cleanup(easies[i]);
  }
  free(easies);
  curl_multi_cleanup(multi);
  curl_slist_free_all(request.headers);
  (void)close(poll);
  return sound ? 0 : 1;
}
