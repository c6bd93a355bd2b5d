/* Real shells: what they tell, how they end, and that nothing is left. */
#define _POSIX_C_SOURCE 200809L

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "shells.h"

static void test_output(void) {
  static const struct {
    const char *command;
    struct glc_bytes output;
    int status;
  } cases[] = {
      {"echo text", {"text\n", 5}, 0},
      {"printf text", {"text", 4}, 0},
      {"true", {"", 0}, 0},
      {"printf 'a\\000b\\nexit 5\\n'", {"a\0b\nexit 5\n", 11}, 0},
      {"echo text; exit 3", {"text\n", 5}, 3},
      {"echo text # comment", {"text\n", 5}, 0},
      {"echo error >/dev/null 2>&1; echo text", {"text\n", 5}, 0},
      {"exec sh -c 'kill -9 $$'", {"", 0}, 137},
      {"cat", {"", 0}, 0},
      {"sleep 0.1; echo late", {"late\n", 5}, 0},
  };
  size_t i;

  for (i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct glc_process *process = start(cases[i].command);
    struct glc_process_end end, again;
    int round;

    if (process != NULL) {
      CHECK_NUMBER(finish(process, &end, NULL), GLC_OK);
      for (round = 0; round < 2; round++) {
        CHECK_NUMBER(glc_process_read(process, &again, NULL), GLC_OK);
        CHECK(again.known);
        CHECK_NUMBER(again.status, cases[i].status);
        if (!CHECK(glc_bytes_equal(again.output, cases[i].output))) {
          printf("  %s\n", cases[i].command);
        }
      }
    }
    glc_process_close(process);
    check_no_children();
  }
}

static void check_failure(const char *command, enum glc_code expected,
                          const char *says) {
  struct glc_process *process = start(command);
  struct glc_error error = {GLC_OK, ""};
  struct glc_process_end end;

  if (process != NULL) {
    CHECK_NUMBER(finish(process, &end, &error), expected);
    CHECK(!end.known);
    CHECK(strstr(error.message, says) != NULL);
    CHECK_NUMBER(glc_process_read(process, &end, NULL), expected);
  }
  glc_process_close(process);
  check_no_children();
}

static void test_failures(void) {
  check_failure("'no end 2>/dev/null", GLC_INVALID, "could not be run");
  check_failure("exec 2>/dev/null; kill -9 $$; sleep 60", GLC_INVALID,
                "could not be run");
  check_failure("exec 2>/dev/null; yes", GLC_TOO_LARGE, "its output is larger");
  check_failure("head -c 65537 /dev/zero", GLC_TOO_LARGE,
                "larger than 65536 bytes");
}

static void test_longest_output(void) {
  struct glc_process *process = start("head -c 65536 /dev/zero");
  struct glc_process_end end;

  if (process != NULL) {
    CHECK_NUMBER(finish(process, &end, NULL), GLC_OK);
    CHECK_NUMBER(end.output.length, 65536);
  }
  glc_process_close(process);
}

static void test_refused(void) {
  static char longest[128 * 1024 + 1];
  const struct glc_bytes commands[] = {
      {"", 0}, {"true\0false", 10}, {longest, sizeof longest}};
  size_t i;

  memset(longest, 'x', sizeof longest);
  for (i = 0; i < sizeof commands / sizeof *commands; i++) {
    struct glc_error error = {GLC_OK, ""};

    CHECK(glc_process_start(commands[i], &error) == NULL);
    CHECK(error.code == GLC_INVALID || error.code == GLC_TOO_LARGE);
    CHECK(error.message[0] != '\0');
  }
  glc_process_close(NULL);
}

static void test_background(void) {
  struct glc_process *process = start("sleep 60 & echo $!");
  struct glc_process_end end;
  pid_t left = 0;
  double begun = now();

  if (process != NULL) {
    CHECK_NUMBER(finish(process, &end, NULL), GLC_OK);
    CHECK(end.known);
    left = (pid_t)atoi(end.output.data);
  }
  glc_process_close(process);
  CHECK(now() - begun < PATIENCE);
  /* The command meant it to stay. */
  CHECK(left > 0 && kill(left, SIGKILL) == 0);
  check_no_children();
}

/* Whether a process with this number ends soon, be it as a zombie of init. */
static bool ends(pid_t pid) {
  double deadline = now() + PATIENCE;
  char path[64], state = 'R';

  do {
    FILE *file;

    (void)snprintf(path, sizeof path, "/proc/%ld/stat", (long)pid);
    file = fopen(path, "r");
    if (file == NULL || fscanf(file, "%*d %*s %c", &state) != 1) {
      state = 'X';
    }
    if (file != NULL) {
      (void)fclose(file);
    }
    (void)poll(NULL, 0, 1);
  } while (state != 'X' && state != 'Z' && now() < deadline);
  return state == 'X' || state == 'Z';
}

/* What runs is killed with all its children, though they ignore signals. */
static void test_killed(void) {
  char path[] = "/tmp/glacier-process-XXXXXX", command[256];
  int file = mkstemp(path), child = 0;
  double begun = now();
  struct glc_process *process;
  struct glc_process_end end;
  FILE *pids;

  CHECK(file >= 0);
  (void)snprintf(command, sizeof command,
                 "trap '' TERM HUP; sh -c 'sleep 60; :' & echo $! >%s; wait",
                 path);
  process = start(command);
  do {
    pids = fopen(path, "r");
    if (pids == NULL || fscanf(pids, "%d", &child) != 1) {
      child = 0;
    }
    if (pids != NULL) {
      (void)fclose(pids);
    }
    (void)poll(NULL, 0, 1);
  } while (child == 0 && now() - begun < PATIENCE);
  if (process != NULL) {
    CHECK_NUMBER(glc_process_read(process, &end, NULL), GLC_OK);
    CHECK(!end.known);
  }
  glc_process_close(process);
  check_no_children();
  CHECK(child > 0 && ends(child));
  CHECK(now() - begun < PATIENCE);
  (void)close(file);
  (void)unlink(path);
}

/* Reading does not wait, however long the command takes. */
static void test_no_blocking(void) {
  struct glc_process *process = start("echo begun; sleep 60");
  struct glc_process_end end;
  double begun = now();
  int i;

  for (i = 0; process != NULL && i < 1000; i++) {
    CHECK_NUMBER(glc_process_read(process, &end, NULL), GLC_OK);
    CHECK(!end.known);
  }
  glc_process_close(process);
  CHECK(now() - begun < PATIENCE);
}

static void test_wiped(void) {
  struct glc_process *process;
  struct glc_process_end end;

  faults_seek("s3cr3t-of-the-output");
  process = start("echo s3cr3t-of-the-output; head -c 9000 /dev/zero");
  if (process != NULL) {
    CHECK_NUMBER(finish(process, &end, NULL), GLC_OK);
    CHECK(strstr(end.output.data, "s3cr3t-of-the-output") != NULL);
  }
  glc_process_close(process);
  CHECK_NUMBER(faults.unwiped, 0);
  faults_seek(NULL);
}

static void test_no_memory(bool lasting) {
  unsigned long n = 0;
  bool fired = true;

  while (fired) {
    struct glc_error error = {GLC_OK, ""};
    struct glc_process *process;
    struct glc_process_end end = {false, 0, {"", 0}};

    faults_arm(++n, lasting);
    process = glc_process_start(glc_bytes_of("echo text"), &error);
    if (process != NULL) {
      (void)finish(process, &end, &error);
    }
    fired = faults_disarm();
    CHECK(end.known || (fired && error.code == GLC_NO_MEMORY));
    glc_process_close(process);
    check_no_children();
  }
  CHECK(n > 4); /* script, process, status, output */
}

int main(void) {
  int descriptors = count_descriptors();

  test_output();
  test_failures();
  test_longest_output();
  test_refused();
  test_background();
  test_killed();
  test_no_blocking();
  test_wiped();
  test_no_memory(false);
  test_no_memory(true);
  CHECK_NUMBER(count_descriptors(), descriptors);
  return check_report("process");
}
