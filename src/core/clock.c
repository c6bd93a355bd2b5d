#define _POSIX_C_SOURCE 200809L /* clock_gettime, poll */

#include "clock.h"

#include <limits.h>
#include <poll.h>
#include <stddef.h>
#include <time.h>

int64_t glc_clock_monotonic(void) {
  struct timespec now = {0, 0};

  (void)clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* A signal ends it: the host decides what comes next. */
void glc_clock_sleep(int64_t milliseconds) {
  int ended = 0;

  while (milliseconds > 0 && ended == 0) {
    const int turn = milliseconds > INT_MAX ? INT_MAX : (int)milliseconds;

    ended = poll(NULL, 0, turn);
    milliseconds -= turn;
  }
}
