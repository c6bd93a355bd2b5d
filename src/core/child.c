#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* syscall */
#endif

#include "child.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#if defined(__linux__)
#include <sys/syscall.h>
#endif

enum {
  LINGER_MS = 10,      /* a process that was killed is gone much sooner */
  WAIT_PIDFD = 3,      /* P_PIDFD, Linux 5.4 */
  SIGNAL_PROCESS = 0,  /* for pidfd_send_signal */
  SIGNAL_GROUP = 1 << 2 /* PIDFD_SIGNAL_PROCESS_GROUP, Linux 6.9 */
};

enum state {
  RUNS,
  ENDED, /* and to be collected */
  GONE   /* collected, or no child of ours */
};

struct child {
  pid_t pid; /* 0: none, or gone */
  int pidfd; /* -1: none */
  struct child *next;
};

/*
 * Ended but not collected yet. Children belong to the process, whichever
 * thread or Lua state started them, and so does this list: a stack to which
 * one is added at a time and from which all are taken at once, both without
 * a lock, that a fork could leave locked.
 */
static struct child *leftovers;

static int open_pidfd(pid_t pid) {
#if defined(SYS_pidfd_open)
  return (int)syscall(SYS_pidfd_open, pid, 0);
#else
  (void)pid;
  errno = ENOSYS;
  return -1;
#endif
}

static bool signal_pidfd(int pidfd, unsigned flags) {
#if defined(SYS_pidfd_send_signal)
  return pidfd >= 0 && syscall(SYS_pidfd_send_signal, pidfd, SIGKILL, NULL,
                               flags) == 0;
#else
  (void)pidfd;
  (void)flags;
  return false;
#endif
}

/*
 * Without a pidfd: a child of the host's that has got the number since leads
 * no group. One that does, for once, cannot be told from ours.
 */
static bool is_stranger(pid_t pid) {
  pid_t group = getpgid(pid);

  return group >= 0 && group != pid;
}

/* Never waits; what has ended is collected unless `more` is WNOWAIT. */
static enum state look(const struct child *child, int more) {
  const int options = WEXITED | WNOHANG | more;
  siginfo_t info;
  int result = -1;

  memset(&info, 0, sizeof info);
  if (child->pidfd >= 0) {
    result = waitid((idtype_t)WAIT_PIDFD, (id_t)child->pidfd, &info, options);
  } else if (child->pid > 0 && !is_stranger(child->pid)) {
    result = waitid(P_PID, (id_t)child->pid, &info, options);
  }
  return result != 0 ? GONE : info.si_pid == 0 ? RUNS : ENDED;
}

static void forget_pidfd(struct child *child) {
  if (child->pidfd >= 0) {
    (void)close(child->pidfd);
  }
  child->pidfd = -1;
}

struct child *child_new(void) {
  struct child *child = calloc(1, sizeof *child);

  if (child != NULL) {
    child->pidfd = -1;
  }
  return child;
}

/*
 * The number cannot be another's yet: for that, all others would have to be
 * used since posix_spawn returned.
 */
void child_adopt(struct child *child, pid_t pid) {
  child->pid = pid;
  child->pidfd = open_pidfd(pid);
  if (child->pidfd < 0 && errno == ESRCH) {
    child->pid = 0; /* ended at once, and collected by the host */
  } else if (child->pidfd >= 0 && look(child, WNOWAIT) == GONE) {
    /* Linux 5.3 knows pidfds, but does not wait for them. */
    child->pid = errno == EINVAL ? pid : 0;
    forget_pidfd(child);
  }
}

/* Only after look has found it: then the number is its own. */
static void kill_child(const struct child *child, enum child_kin kin) {
  if (kin == CHILD_GROUP) {
    if (!signal_pidfd(child->pidfd, SIGNAL_GROUP)) {
      (void)kill(-child->pid, SIGKILL);
    }
  } else if (!signal_pidfd(child->pidfd, SIGNAL_PROCESS)) {
    (void)kill(child->pid, SIGKILL);
  }
}

/* Collects it as soon as it has ended; RUNS: it has not. */
static enum state linger(const struct child *child) {
  enum state state = look(child, 0);
  int i;

  for (i = 0; state == RUNS && i < LINGER_MS; i++) {
    struct pollfd ended = {child->pidfd, POLLIN, 0};

    (void)poll(&ended, 1, 1);
    state = look(child, 0);
  }
  return state;
}

static void discard(struct child *child) {
  forget_pidfd(child);
  free(child);
}

static void keep(struct child *child) {
  child->next = __atomic_load_n(&leftovers, __ATOMIC_RELAXED);
  while (!__atomic_compare_exchange_n(&leftovers, &child->next, child, true,
                                      __ATOMIC_RELEASE, __ATOMIC_RELAXED)) {
  }
}

/* What is at its end is let go there: hosts note what died of a signal. */
void child_end(struct child *child, enum child_kin kin) {
  enum state state = GONE;

  if (child != NULL) {
    if (kin == CHILD_GROUP && look(child, WNOWAIT) != GONE) {
      kill_child(child, kin);
    }
    state = linger(child);
    if (state == RUNS && kin == CHILD_ALONE) {
      kill_child(child, kin);
    }
    if (state == RUNS) {
      keep(child);
    } else {
      discard(child);
    }
  }
}

void child_collect_leftovers(void) {
  struct child *child = __atomic_load_n(&leftovers, __ATOMIC_RELAXED);

  if (child != NULL) {
    child = __atomic_exchange_n(&leftovers, NULL, __ATOMIC_ACQUIRE);
  }
  while (child != NULL) {
    struct child *next = child->next;

    if (look(child, 0) == RUNS) {
      keep(child);
    } else {
      discard(child);
    }
    child = next;
  }
}
