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

void glc_clock_sleep(int64_t milliseconds) {
  if (milliseconds > 0) {
    (void)poll(NULL, 0, milliseconds > INT_MAX ? INT_MAX : (int)milliseconds);
  }
}
