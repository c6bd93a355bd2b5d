#define _POSIX_C_SOURCE 200809L /* pthread_sigmask */

#include "thread.h"

#include <signal.h>

enum { STACK_SIZE = 256 * 1024 };

enum glc_code thread_start(pthread_t *thread, void *(*run)(void *),
                           void *argument, struct glc_error *error) {
  pthread_attr_t attributes;
  sigset_t all, before;
  char reason[80];
  int problem = pthread_attr_init(&attributes);

  if (problem == 0) {
    (void)pthread_attr_setstacksize(&attributes, STACK_SIZE);
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    problem = pthread_create(thread, &attributes, run, argument);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    (void)pthread_attr_destroy(&attributes);
  }
  if (problem != 0) {
    glc_error_describe(problem, reason, sizeof reason);
    return glc_error_set(error, GLC_FILE, "cannot start a thread: %s", reason);
  }
  return GLC_OK;
}
