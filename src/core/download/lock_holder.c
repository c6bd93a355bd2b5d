#define _POSIX_C_SOURCE 200809L /* kill */
#ifndef _DEFAULT_SOURCE
#define _DEFAULT_SOURCE /* major, minor */
#endif

#include "lock_holder.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#if defined(__linux__)
#include <sys/sysmacros.h>
#endif

enum { LINE_SIZE = 256 };

/* Of one that has died since a fork of it may still have the lock. */
static bool is_alive(pid_t process) {
  return process > 0 && (kill(process, 0) == 0 || errno == EPERM);
}

#if defined(__linux__)

/*
 * A line: "1: FLOCK  ADVISORY  WRITE 4711 fe:01:131 0 EOF", where the numbers
 * of the device are hexadecimal. proc(5).
 */
static pid_t holder_in_line(const char *line, const struct stat *status) {
  char wanted[80];
  const char *at;

  (void)snprintf(wanted, sizeof wanted, " %02x:%02x:%llu ",
                 major(status->st_dev), minor(status->st_dev),
                 (unsigned long long)status->st_ino);
  at = strstr(line, wanted);
  if (at == NULL || strstr(line, " FLOCK ") == NULL) {
    return 0;
  }
  while (at > line && at[-1] >= '0' && at[-1] <= '9') {
    at--;
  }
  return (pid_t)strtol(at, NULL, 10);
}

pid_t lock_holder(int fd) {
  char line[LINE_SIZE];
  struct stat status;
  pid_t holder = 0;
  FILE *locks = fstat(fd, &status) == 0 ? fopen("/proc/locks", "re") : NULL;

  while (locks != NULL && holder == 0 &&
         fgets(line, sizeof line, locks) != NULL) {
    holder = holder_in_line(line, &status);
  }
  if (locks != NULL) {
    (void)fclose(locks);
  }
  return is_alive(holder) ? holder : 0;
}

#else

pid_t lock_holder(int fd) {
  (void)fd;
  (void)is_alive;
  return 0;
}

#endif
