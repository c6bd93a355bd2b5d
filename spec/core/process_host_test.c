/* What the program around may do to its signals, children and descriptors. */
#define _POSIX_C_SOURCE 200809L

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include "shells.h"

/* With what a host may do to signals: the command has its own anew. */
static void test_signals(void) {
  /* Signals 1 to 28: those past the standard ones are the C library's. */
  const char *command = "sed -nE 's/^Sig(Blk|Ign).*(.{7})$/\\1 \\2/p' "
                        "/proc/self/status";
  void (*saved)(int) = signal(SIGPIPE, SIG_IGN);
  void (*interrupt)(int) = signal(SIGINT, SIG_IGN);
  struct glc_process *process;
  struct glc_process_end end;
  sigset_t all, before;

  (void)sigfillset(&all);
  (void)sigprocmask(SIG_BLOCK, &all, &before);
  process = start(command);
  (void)sigprocmask(SIG_SETMASK, &before, NULL);
  (void)signal(SIGPIPE, saved);
  (void)signal(SIGINT, interrupt);
  if (process != NULL) {
    CHECK_NUMBER(finish(process, &end, NULL), GLC_OK);
    CHECK_BYTES(end.output, "Blk 0000000\nIgn 0000000\n");
  }
  glc_process_close(process);
}

static void collect_all(int number) {
  int saved = errno;

  (void)number;
  while (waitpid(-1, NULL, WNOHANG) > 0) {
  }
  errno = saved;
}

/* A host that leaves no child to wait for: the status is known. */
static void test_collected(void (*handler)(int)) {
  void (*saved)(int) = signal(SIGCHLD, handler);
  struct glc_process *process = start("echo text; exit 7");
  struct glc_process_end end;
  double begun = now();

  if (process != NULL) {
    CHECK_NUMBER(finish(process, &end, NULL), GLC_OK);
    CHECK_NUMBER(end.status, 7);
    CHECK_BYTES(end.output, "text\n");
    (void)poll(NULL, 0, 20);
  }
  glc_process_close(process);
  process = start("sleep 60");
  glc_process_close(process);
  CHECK(now() - begun < PATIENCE);
  (void)signal(SIGCHLD, saved);
  check_no_children();
}

/* Descriptors run out at each place in turn; none is lost. */
static void test_no_descriptors(void) {
  struct rlimit limit, lower;
  bool done = false;
  int failures = 0;

  CHECK_NUMBER(getrlimit(RLIMIT_NOFILE, &limit), 0);
  lower = limit;
  for (lower.rlim_cur = 3; !done && lower.rlim_cur < 64; lower.rlim_cur++) {
    struct glc_error error = {GLC_OK, ""};
    struct glc_process *process;

    CHECK_NUMBER(setrlimit(RLIMIT_NOFILE, &lower), 0);
    process = glc_process_start(glc_bytes_of("true"), &error);
    CHECK_NUMBER(setrlimit(RLIMIT_NOFILE, &limit), 0);
    done = process != NULL;
    if (!done) {
      failures++;
      CHECK_NUMBER(error.code, GLC_INVALID);
      CHECK(strstr(error.message, "could not be started: ") != NULL);
    }
    glc_process_close(process);
    check_no_children();
  }
  CHECK(done && failures > 3);
}

/* The host's files and sockets do not stay open because of a program. */
static void test_not_inherited(void) {
  int ends[2], high = -1;
  struct glc_process *process;
  char byte;

  if (CHECK(pipe(ends) == 0)) {
    high = fcntl(ends[1], F_DUPFD, 500);
    process = start("sleep 60");
    (void)close(ends[1]);
    (void)close(high);
    CHECK(high >= 0);
    CHECK_NUMBER(fcntl(ends[0], F_SETFL, O_NONBLOCK), 0);
    CHECK_NUMBER(read(ends[0], &byte, 1), 0);
    (void)close(ends[0]);
    glc_process_close(process);
  }
}

/* With standard streams closed, pipes have their numbers. */
static void test_closed_streams(void) {
  int saved[3], i;
  struct glc_process *process;
  struct glc_process_end end = {0};
  enum glc_code code = GLC_INVALID;

  (void)fflush(stdout);
  for (i = 0; i < 3; i++) {
    saved[i] = fcntl(i, F_DUPFD, 20);
    (void)close(i);
  }
  process = glc_process_start(glc_bytes_of("echo text; exit 2"), NULL);
  if (process != NULL) {
    code = finish(process, &end, NULL);
  }
  for (i = 0; i < 3; i++) {
    if (fcntl(i, F_GETFD) < 0) {
      (void)dup2(saved[i], i);
    }
  }
  if (CHECK(process != NULL && code == GLC_OK)) {
    CHECK_BYTES(end.output, "text\n");
    CHECK_NUMBER(end.status, 2);
  }
  glc_process_close(process);
  for (i = 0; i < 3; i++) {
    (void)dup2(saved[i], i);
    (void)close(saved[i]);
  }
}

int main(void) {
  int descriptors = count_descriptors();

  test_signals();
  test_collected(SIG_IGN);
  test_collected(collect_all);
  test_no_descriptors();
  test_closed_streams();
  test_not_inherited();
  CHECK_NUMBER(count_descriptors(), descriptors);
  return check_report("process in a host");
}
