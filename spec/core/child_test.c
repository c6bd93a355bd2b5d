/*
 * Children that are not what they were: collected by the host, their numbers
 * used again, ended late; with all that the system offers, and with less.
 */
#define _GNU_SOURCE

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "shells.h"

enum {
  DIED = 77, /* how the stranger ends when it is told to */
  P_ANY_PIDFD = 3
};

/* struct clone_args of Linux 5.5, as old headers have less. */
struct clone_call {
  uint64_t flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size,
      tls, set_tid, set_tid_size;
};

/* From here on a system call fails, where its argument `index` is `value`. */
static void refuse(long number, unsigned index, uint32_t value, bool always,
                   int failure) {
  struct sock_filter filter[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)number, 0, 3),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
               offsetof(struct seccomp_data, args) + 8 * index),
      BPF_JUMP(BPF_JMP | (always ? BPF_JGE : BPF_JEQ) | BPF_K,
               always ? 0 : value, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (uint32_t)failure),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
  struct sock_fprog program = {sizeof filter / sizeof *filter, filter};

  CHECK_NUMBER(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
  CHECK_NUMBER(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0), 0);
}

static void everything(void) {
}

static void no_pidfd(void) {
  refuse(SYS_pidfd_open, 0, 0, true, ENOSYS);
}

/* Linux 5.3: pidfds that nothing waits for. */
static void no_waiting(void) {
  refuse(SYS_waitid, 0, P_ANY_PIDFD, false, EINVAL);
}

/* Before Linux 6.9 a pidfd is no name for a group. */
static void no_group(void) {
  refuse(SYS_pidfd_send_signal, 3, 4, false, EINVAL);
}

/* The only child that there is, by its number. */
static pid_t find_child(void) {
  char path[64];
  int pid = 0;
  FILE *file;

  (void)snprintf(path, sizeof path, "/proc/self/task/%ld/children",
                 (long)getpid());
  file = fopen(path, "r");
  if (file != NULL) {
    CHECK_NUMBER(fscanf(file, "%d", &pid), 1);
    (void)fclose(file);
  }
  CHECK(pid > 0);
  return (pid_t)pid;
}

static void end_as_told(int number) {
  (void)number;
  _exit(DIED);
}

/*
 * A child with that number; 0 where this is not allowed, or somebody else was
 * given it: one of the shell's group, which lives on for a moment, or any
 * process of this machine.
 */
static pid_t start_stranger(pid_t number) {
  struct clone_call call = {0};
  void (*saved)(int) = signal(SIGUSR1, end_as_told);
  int tries = 0;
  long pid;

  call.exit_signal = SIGCHLD;
  call.set_tid = (uint64_t)(uintptr_t)&number;
  call.set_tid_size = 1;
  do {
    pid = syscall(SYS_clone3, &call, sizeof call);
  } while (pid < 0 && errno == EEXIST && tries++ < 100 &&
           poll(NULL, 0, 10) == 0);
  if (pid == 0) {
    (void)poll(NULL, 0, 1000 * PATIENCE);
    _exit(0);
  }
  (void)signal(SIGUSR1, saved);
  if (pid < 0) {
    CHECK(errno == EPERM || errno == ENOSYS || errno == EEXIST);
    pid = 0;
  }
  return (pid_t)pid;
}

/* The stranger lives, and may still be waited for. */
static void check_unharmed(pid_t stranger) {
  int status = 0;

  CHECK_NUMBER(kill(stranger, SIGUSR1), 0);
  CHECK_NUMBER(waitpid(stranger, &status, 0), stranger);
  CHECK(WIFEXITED(status));
  CHECK_NUMBER(WEXITSTATUS(status), DIED);
}

/* The host collects the shell, and another child gets its number. */
static void test_number_again(const char *command) {
  struct glc_process *process = start(command);
  pid_t number = find_child(), stranger;
  struct glc_process_end end = {false, 0, {"", 0}};
  double begun;

  if (strcmp(command, "exec sleep 60") == 0) {
    (void)kill(-number, SIGKILL);
  }
  CHECK_NUMBER(waitpid(number, NULL, 0), number);
  stranger = start_stranger(number);
  begun = now();
  (void)glc_process_read(process, &end, NULL);
  glc_process_close(process);
  CHECK(now() - begun < PATIENCE / 2.0);
  glc_process_close(start("true"));
  if (stranger > 0) {
    check_unharmed(stranger);
  } else {
    printf("numbers cannot be chosen here\n");
  }
  check_no_children();
}

/* The line that tells the status is cut off: the shell goes on all the same. */
static void test_closed_pipes(void) {
  static const char *const commands[] = {
      "true\n) 3>&-\nexec >&- 3>&-; sleep 1000; (true",
      "true\n) 3>&-\necho 0 >&3; exec >&- 3>&-; sleep 1000; (true",
      "true\n) 3>&-\ntrap '' TERM HUP; exec 3>&-; sleep 1000; (true"};
  size_t i;

  for (i = 0; i < sizeof commands / sizeof *commands; i++) {
    struct glc_process *process = start(commands[i]);
    struct glc_process_end end;
    double begun;

    (void)finish(process, &end, NULL);
    begun = now();
    glc_process_close(process);
    CHECK(now() - begun < PATIENCE / 2.0);
    check_no_children();
  }
}

/* In a fork the shell is the parent's. */
static void test_fork(void) {
  struct glc_process *process = start("cat /dev/zero | head -c 70; sleep 0.3");
  struct glc_process_end end = {false, 0, {"", 0}};
  int status = 1;
  pid_t child = fork();

  if (child == 0) {
    glc_process_close(process);
    _exit(0);
  }
  CHECK_NUMBER(waitpid(child, &status, 0), child);
  CHECK_NUMBER(status, 0);
  CHECK_NUMBER(finish(process, &end, NULL), GLC_OK);
  CHECK_NUMBER(end.status, 0);
  CHECK_NUMBER(end.output.length, 70);
  glc_process_close(process);
  check_no_children();
}

/* What does not end at once is collected later, without waiting. */
static void test_leftovers(void) {
  struct glc_process *process = start("exec sleep 60");
  pid_t number = find_child();
  int descriptors = count_descriptors();
  double begun = now();

  refuse(SYS_kill, 0, 0, true, 0); /* as if the signal were on its way */
  refuse(SYS_pidfd_send_signal, 0, 0, true, 0);
  glc_process_close(process);
  glc_process_close(NULL);
  CHECK(now() - begun < PATIENCE / 2.0);
  CHECK_NUMBER(waitpid(number, NULL, WNOHANG), 0);
  CHECK_NUMBER(syscall(SYS_tgkill, number, number, SIGKILL), 0);
  check_no_children();
  CHECK(count_descriptors() < descriptors);
}

static const struct {
  const char *name;
  void (*prepare)(void);
} systems[] = {{"everything", everything},
               {"no pidfd", no_pidfd},
               {"pidfd without waiting", no_waiting},
               {"pidfd without groups", no_group}};

static void test_all(void) {
  test_number_again("true");
  test_number_again("exit 3");
  test_number_again("exec sleep 60");
  test_closed_pipes();
  test_fork();
  (void)signal(SIGCHLD, SIG_IGN);
  test_closed_pipes();
  (void)signal(SIGCHLD, SIG_DFL);
  test_leftovers(); /* the last: signals go nowhere then */
}

int main(void) {
  size_t i;

  for (i = 0; i < sizeof systems / sizeof *systems; i++) {
    int status = 1;
    pid_t child;

    (void)fflush(stdout);
    child = fork();
    if (child == 0) {
      int failed;

      systems[i].prepare();
      test_all();
      failed = check_report(systems[i].name);
      (void)fflush(stdout);
      _exit(failed);
    }
    CHECK_NUMBER(waitpid(child, &status, 0), child);
    CHECK_NUMBER(status, 0);
  }
  return check_report("child");
}
