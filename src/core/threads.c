#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* SCHED_BATCH */
#endif

#include "threads.h"

#include <sched.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

enum { STACK_SIZE = 256 * 1024 };

unsigned glc_threads_cores(void) {
  long cores = sysconf(_SC_NPROCESSORS_ONLN);

  return cores > 0 ? (unsigned)cores : 1;
}

enum glc_code glc_threads_start(pthread_t *threads, unsigned wanted,
                                void *(*run)(void *), void *argument,
                                unsigned *started, struct glc_error *error) {
  pthread_attr_t attributes;
  sigset_t all, before;
  char reason[80];
  int problem = pthread_attr_init(&attributes);

  *started = 0;
  if (problem == 0) {
    (void)pthread_attr_setstacksize(&attributes, STACK_SIZE);
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    while (problem == 0 && *started < wanted) {
      problem =
          pthread_create(&threads[*started], &attributes, run, argument);
      *started += problem == 0;
    }
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    (void)pthread_attr_destroy(&attributes);
  }
  if (wanted > 0 && *started == 0) {
    glc_error_describe(problem, reason, sizeof reason);
    return glc_error_set(error, GLC_INVALID, "cannot start a thread: %s",
                         reason);
  }
  return GLC_OK;
}

void glc_thread_give_way(void) {
#ifdef SCHED_BATCH
  struct sched_param parameter;

  memset(&parameter, 0, sizeof parameter);
  (void)pthread_setschedparam(pthread_self(), SCHED_BATCH, &parameter);
#endif
}
