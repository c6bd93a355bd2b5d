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

/* Digits up to what is not one; *text moves behind them. */
static unsigned long long read_number(const char **text, unsigned base) {
  static const char digits[] = "0123456789abcdef";
  unsigned long long number = 0;
  const char *digit;

  while (**text != '\0' && (digit = strchr(digits, **text)) != NULL &&
         digit < digits + base) {
    number = number * base + (unsigned long long)(digit - digits);
    (*text)++;
  }
  return number;
}

/* Behind the next blank, or run of them. */
static const char *next_word(const char *text) {
  text += strcspn(text, " ");
  return text + strspn(text, " ");
}

/* A line: "1: FLOCK  ADVISORY  WRITE 4711 fe:01:131 0 EOF". proc(5). */
static pid_t holder_in_line(const char *line, const struct stat *status) {
  const char *word = next_word(line);
  unsigned long long process, numbers[3];
  int i;

  if (strncmp(word, "FLOCK ", 6) != 0) {
    return 0;
  }
  word = next_word(next_word(next_word(word)));
  process = read_number(&word, 10);
  word = next_word(word);
  for (i = 0; i < 3; i++) {
    numbers[i] = read_number(&word, i < 2 ? 16 : 10);
    word += *word == ':';
  }
  return numbers[0] == major(status->st_dev) &&
                 numbers[1] == minor(status->st_dev) &&
                 numbers[2] == (unsigned long long)status->st_ino
             ? (pid_t)process
             : 0;
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
