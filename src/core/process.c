#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* POSIX 2008, and what is newer where it is there */
#endif

#include "process.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#include "child.h"

extern char **environ;

enum {
  STATUS_FD = 3,   /* of the shell alone */
  FIRST_FREE = 10, /* above what the shell's descriptors become */
  MOST_CLOSED = 65536,
  COMMAND_MAX = 128 * 1024,
  STATUS_MAX = 8,
  CHUNK = 4096
};

/* A new session has no terminal to stop at; a group, at least, is killed. */
#ifdef POSIX_SPAWN_SETSID
enum { OWN_GROUP = POSIX_SPAWN_SETSID };
#else
enum { OWN_GROUP = POSIX_SPAWN_SETPGROUP };
#endif

/*
 * The status comes by a pipe of its own, which the command does not get: a
 * host that collects all children (nginx does) takes it away from waitpid, and
 * what the command leaves in the background may keep the output open. The
 * command's own line ends before the bracket: it may end in a comment.
 */
#define BEFORE "("
#define AFTER "\n) 3>&-\necho \"$?\" >&3\n"

struct glc_process {
  struct child *child;
  bool ended; /* the command has, and the shell has told its status */
  int output_fd;
  int status_fd;
  struct glc_buffer output;
  struct glc_buffer status;
};

struct pipe_ends {
  int ours;
  int theirs;
};

static const struct pipe_ends no_pipe = {-1, -1};

static void close_fd(int fd) {
  if (fd >= 0) {
    (void)close(fd);
  }
}

/* Not left to children that other threads start meanwhile, where it can be. */
static int open_private_pipe(int fds[2]) {
#if defined(O_CLOEXEC) && !defined(__APPLE__)
  return pipe2(fds, O_CLOEXEC);
#else
  int result = pipe(fds);

  if (result == 0) {
    (void)fcntl(fds[0], F_SETFD, FD_CLOEXEC);
    (void)fcntl(fds[1], F_SETFD, FD_CLOEXEC);
  }
  return result;
#endif
}

/* Their end is out of the way of the descriptors that it will be copied to. */
static bool open_pipe(struct pipe_ends *ends) {
  int fds[2];

  if (open_private_pipe(fds) != 0) {
    return false;
  }
  ends->ours = fds[0];
  ends->theirs = fcntl(fds[1], F_DUPFD_CLOEXEC, FIRST_FREE);
  (void)close(fds[1]);
  return ends->theirs >= 0 && fcntl(ends->ours, F_SETFL, O_NONBLOCK) == 0;
}

static int set_attributes(posix_spawnattr_t *attributes) {
  short flags = OWN_GROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF;
  sigset_t none, all;
  int failed;

  (void)sigemptyset(&none);
  (void)sigfillset(&all);
  (void)sigdelset(&all, SIGKILL);
  (void)sigdelset(&all, SIGSTOP);
  failed = posix_spawnattr_setsigmask(attributes, &none);
  if (failed == 0) {
    failed = posix_spawnattr_setsigdefault(attributes, &all);
  }
  if (failed == 0) {
    failed = posix_spawnattr_setpgroup(attributes, 0);
  }
  if (failed == 0) {
    failed = posix_spawnattr_setflags(attributes, flags);
  }
  return failed;
}

/*
 * All others stay the host's alone: a program that holds a server's socket
 * keeps its peer waiting for the end of the connection. 0 or an errno.
 */
static int close_others(posix_spawn_file_actions_t *actions) {
#if defined(__GLIBC__) && (__GLIBC__ > 2 || __GLIBC_MINOR__ >= 34)
  return posix_spawn_file_actions_addclosefrom_np(actions, STATUS_FD + 1);
#else
  long limit = sysconf(_SC_OPEN_MAX);
  int fd, failed = 0;

  if (limit < 0 || limit > MOST_CLOSED) {
    limit = MOST_CLOSED;
  }
  for (fd = STATUS_FD + 1; fd < limit && failed == 0; fd++) {
    int flags = fcntl(fd, F_GETFD);

    if (flags >= 0 && (flags & FD_CLOEXEC) == 0) {
      failed = posix_spawn_file_actions_addclose(actions, fd);
    }
  }
  return failed;
#endif
}

static int set_files(posix_spawn_file_actions_t *actions, int output,
                     int status) {
  int failed = posix_spawn_file_actions_addopen(actions, STDIN_FILENO,
                                                "/dev/null", O_RDONLY, 0);

  if (failed == 0) {
    failed = posix_spawn_file_actions_adddup2(actions, output, STDOUT_FILENO);
  }
  if (failed == 0) {
    failed = posix_spawn_file_actions_adddup2(actions, status, STATUS_FD);
  }
  if (failed == 0) {
    failed = close_others(actions);
  }
  return failed;
}

/* 0 or an errno. */
static int spawn(struct child *child, char *script, int output, int status) {
  char shell[] = "sh", option[] = "-c";
  char *arguments[] = {shell, option, script, NULL};
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  int failed = posix_spawn_file_actions_init(&actions);
  pid_t pid;

  if (failed != 0) {
    return failed;
  }
  failed = posix_spawnattr_init(&attributes);
  if (failed == 0) {
    failed = set_attributes(&attributes);
    if (failed == 0) {
      failed = set_files(&actions, output, status);
    }
    if (failed == 0) {
      failed = posix_spawn(&pid, "/bin/sh", &actions, &attributes, arguments,
                           environ);
    }
    if (failed == 0) {
      child_adopt(child, pid);
    }
    (void)posix_spawnattr_destroy(&attributes);
  }
  (void)posix_spawn_file_actions_destroy(&actions);
  return failed;
}

/* With no program yet; NULL where there is no memory. */
static struct glc_process *new_process(void) {
  struct glc_process *process = calloc(1, sizeof *process);

  if (process != NULL) {
    process->output_fd = process->status_fd = -1;
    glc_buffer_init_secret(&process->output, GLC_PROCESS_OUTPUT_MAX);
    glc_buffer_init(&process->status, STATUS_MAX);
    process->child = child_new();
    if (process->child == NULL) {
      glc_process_close(process);
      process = NULL;
    }
  }
  return process;
}

static enum glc_code write_script(struct glc_buffer *script,
                                  struct glc_bytes command,
                                  struct glc_error *error) {
  if (command.length == 0 ||
      memchr(command.data, '\0', command.length) != NULL) {
    return glc_error_set(error, GLC_INVALID,
                         "the command is empty or holds a NUL");
  }
  glc_buffer_append_text(script, BEFORE);
  glc_buffer_append(script, command);
  glc_buffer_append_text(script, AFTER);
  return glc_buffer_check(script, "the command", error);
}

/* 0 or an errno. */
static int run(struct glc_process *process, char *script) {
  struct pipe_ends output = no_pipe, status = no_pipe;
  int failed = open_pipe(&output) && open_pipe(&status) ? 0 : errno;

  process->output_fd = output.ours;
  process->status_fd = status.ours;
  if (failed == 0) {
    failed = spawn(process->child, script, output.theirs, status.theirs);
  }
  close_fd(output.theirs);
  close_fd(status.theirs);
  return failed;
}

struct glc_process *glc_process_start(struct glc_bytes command,
                                      struct glc_error *error) {
  struct glc_process *process = NULL;
  struct glc_buffer script;
  char reason[80];
  int failed;

  child_collect_leftovers();
  glc_buffer_init_secret(&script, COMMAND_MAX);
  if (write_script(&script, command, error) != GLC_OK) {
    goto done;
  }
  process = new_process();
  if (process == NULL) {
    (void)glc_error_set(error, GLC_NO_MEMORY, "no memory for a process");
    goto done;
  }
  failed = run(process, script.data);
  if (failed != 0) {
    glc_error_describe(failed, reason, sizeof reason);
    (void)glc_error_set(error, GLC_INVALID, "it could not be started: %s",
                        reason);
    glc_process_close(process);
    process = NULL;
  }
done:
  glc_buffer_free(&script);
  return process;
}

/* Takes what a pipe holds now; true where nothing more will come. */
static bool drain(int fd, struct glc_buffer *buffer) {
  char chunk[CHUNK];
  ssize_t count;
  bool over;

  do {
    count = read(fd, chunk, sizeof chunk);
    if (count > 0) {
      struct glc_bytes bytes = {chunk, (size_t)count};

      glc_buffer_append(buffer, bytes);
    }
  } while ((count > 0 && buffer->failure == GLC_OK) ||
           (count < 0 && errno == EINTR));
  over = count == 0 || (count < 0 && errno != EAGAIN);
  OPENSSL_cleanse(chunk, sizeof chunk);
  return over;
}

/* The status first: what was written before it is then there to be read. */
static enum glc_code take(struct glc_process *process,
                          struct glc_error *error) {
  bool over = drain(process->status_fd, &process->status);
  struct glc_bytes status = glc_buffer_bytes(&process->status);
  enum glc_code code = glc_buffer_check(&process->status, "its status", error);

  if (code == GLC_OK) {
    (void)drain(process->output_fd, &process->output);
    code = glc_buffer_check(&process->output, "its output", error);
  }
  if (code == GLC_OK) {
    process->ended =
        status.length > 0 && status.data[status.length - 1] == '\n';
    if (over && !process->ended) {
      code = glc_error_set(error, GLC_INVALID, "it could not be run");
    }
  }
  return code;
}

enum glc_code glc_process_read(struct glc_process *process,
                               struct glc_process_end *end,
                               struct glc_error *error) {
  enum glc_code code = process->ended ? GLC_OK : take(process, error);

  child_collect_leftovers();
  memset(end, 0, sizeof *end);
  if (code == GLC_OK && process->ended) {
    end->known = true;
    /* The shell's own word: a number of three digits at the most. */
    end->status = (int)strtol(process->status.data, NULL, 10);
    end->output = glc_buffer_bytes(&process->output);
  }
  return code;
}

/*
 * A shell that has told its status is at its exit, or will never be; what the
 * command left in the background lives on.
 */
void glc_process_close(struct glc_process *process) {
  child_collect_leftovers();
  if (process != NULL) {
    child_end(process->child, process->ended ? CHILD_ALONE : CHILD_GROUP);
    close_fd(process->output_fd);
    close_fd(process->status_fd);
    glc_buffer_free(&process->output);
    glc_buffer_free(&process->status);
    free(process);
  }
}
