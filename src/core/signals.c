#define _POSIX_C_SOURCE 200809L /* pthread_sigmask, sigwait */

#include "signals.h"

#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>

struct glc_signals {
  sigset_t held;
  sigset_t before; /* what this thread had blocked */
  bool is_holding;
};

struct glc_signals *glc_signals_hold(struct glc_error *error) {
  struct glc_signals *signals = malloc(sizeof *signals);

  if (signals == NULL) {
    (void)glc_error_set(error, GLC_NO_MEMORY, "no memory");
    goto done;
  }
  (void)sigemptyset(&signals->held);
  (void)sigaddset(&signals->held, SIGTERM);
  (void)sigaddset(&signals->held, SIGINT);
  signals->is_holding =
      pthread_sigmask(SIG_BLOCK, &signals->held, &signals->before) == 0;
  if (!signals->is_holding) {
    (void)glc_error_set(error, GLC_INVALID, "signals cannot be blocked");
    free(signals);
    signals = NULL;
  }
done:
  return signals;
}

static void let_go(struct glc_signals *signals) {
  if (signals->is_holding) {
    signals->is_holding = false;
    (void)pthread_sigmask(SIG_SETMASK, &signals->before, NULL);
  }
}

int glc_signals_take(struct glc_signals *signals) {
  sigset_t waiting;
  int number = 0;

  if (signals->is_holding && sigpending(&waiting) == 0 &&
      (sigismember(&waiting, SIGTERM) == 1 ||
       sigismember(&waiting, SIGINT) == 1) &&
      sigwait(&signals->held, &number) == 0) {
    let_go(signals);
  }
  return number;
}

void glc_signals_release(struct glc_signals *signals) {
  if (signals != NULL) {
    let_go(signals);
    free(signals);
  }
}
