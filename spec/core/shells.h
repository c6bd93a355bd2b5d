/* For tests of glc_process. Needs _POSIX_C_SOURCE 200809L. */
#ifndef SHELLS_H
#define SHELLS_H

#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <time.h>

#include "check.h"
#include "faults.h"
#include "process.h"

/* Seconds, far more than anything here takes. */
enum { PATIENCE = 30 };

static inline double now(void) {
  struct timespec time;

  (void)clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static inline struct glc_process *start(const char *command) {
  struct glc_error error = {GLC_OK, ""};
  struct glc_process *process =
      glc_process_start(glc_bytes_of(command), &error);

  if (!CHECK(process != NULL)) {
    printf("  %s\n", error.message);
  }
  return process;
}

/* Reads until there is an end or a failure. */
static inline enum glc_code finish(struct glc_process *process,
                                   struct glc_process_end *end,
                                   struct glc_error *error) {
  double deadline = now() + PATIENCE;
  enum glc_code code;

  do {
    code = glc_process_read(process, end, error);
    if (code == GLC_OK && !end->known) {
      (void)poll(NULL, 0, 1);
    }
  } while (code == GLC_OK && !end->known && now() < deadline);
  return code;
}

static inline int count_descriptors(void) {
  DIR *folder = opendir("/proc/self/fd");
  int count = 0;

  if (CHECK(folder != NULL)) {
    while (readdir(folder) != NULL) {
      count++;
    }
    (void)closedir(folder);
  }
  return count;
}

/* What was killed is collected by the next use once it has ended. */
static inline void check_no_children(void) {
  double deadline = now() + PATIENCE;
  siginfo_t info;

  while (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
         now() < deadline) {
    glc_process_close(NULL);
    (void)poll(NULL, 0, 1);
  }
  CHECK_NUMBER(waitpid(-1, NULL, WNOHANG), -1);
  CHECK_NUMBER(errno, ECHILD);
}

#endif
