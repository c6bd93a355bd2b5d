#define _POSIX_C_SOURCE 200809L /* kill */
#ifndef _DEFAULT_SOURCE
#define _DEFAULT_SOURCE /* major, minor */
#endif

#include "lock_holder.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
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

/* A line: "1: FLOCK  ADVISORY  WRITE 4711 fe:01:131 0 EOF". proc(5). */
static pid_t holder_in_line(const char *line, const struct stat *status) {
  char kind[16];
  long process;
  unsigned device_major, device_minor;
  unsigned long long number;

  if (sscanf(line, "%*d: %15s %*s %*s %ld %x:%x:%llu", kind, &process,
             &device_major, &device_minor, &number) != 5 ||
      strcmp(kind, "FLOCK") != 0 || major(status->st_dev) != device_major ||
      minor(status->st_dev) != device_minor ||
      (unsigned long long)status->st_ino != number) {
    return 0;
  }
  return (pid_t)process;
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
