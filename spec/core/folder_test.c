/* Folders, and the signals that ask for an end. */
#define _POSIX_C_SOURCE 200809L /* mkdtemp, symlink, kill */

#include "folder.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"
#include "faults.h"
#include "path.h"
#include "signals.h"

static char top[] = "/tmp/glc_folder.XXXXXX";

static struct glc_bytes in_top(const char *name) {
  static char path[256];

  (void)snprintf(path, sizeof path, "%s/%s", top, name);
  return glc_bytes_of(path);
}

static bool is_folder(const char *name) {
  struct stat status;

  return lstat(in_top(name).data, &status) == 0 && S_ISDIR(status.st_mode);
}

static enum glc_code make_below(const char *path, struct glc_error *error) {
  return glc_folder_make_below(glc_bytes_of(top), glc_bytes_of(path), error);
}

static void test_make(void) {
  static const char *const paths[] = {"a/b/c", "a/b/d/", "a//b", "./e", "a"};
  struct glc_error error;
  size_t i;

  CHECK_NUMBER(glc_folder_make(in_top("made/deep"), &error), GLC_OK);
  CHECK_NUMBER(glc_folder_make(in_top("made/deep"), &error), GLC_OK);
  CHECK(is_folder("made/deep"));
  for (i = 0; i < sizeof paths / sizeof *paths; i++) {
    CHECK_NUMBER(make_below(paths[i], &error), GLC_OK);
    CHECK(is_folder(paths[i]));
  }
}

static void test_make_refused(void) {
  struct glc_error error;
  char target[256];

  (void)snprintf(target, sizeof target, "%s", in_top("made").data);
  CHECK_NUMBER(symlink(target, in_top("a/link").data), 0);
  CHECK_NUMBER(symlink("nowhere", in_top("a/dangling").data), 0);
  CHECK_NUMBER(make_below("a/link/x", &error), GLC_FILE);
  CHECK(strstr(error.message, "cannot make the folder a/link/x: ") != NULL);
  CHECK_NUMBER(make_below("a/link", &error), GLC_FILE);
  CHECK_NUMBER(make_below("a/dangling", &error), GLC_FILE);
  CHECK_NUMBER(make_below("a/../x", &error), GLC_FILE);
  CHECK(strstr(error.message, "it leads out") != NULL);
  CHECK(!is_folder("made/x"));
  CHECK(!is_folder("x"));
  CHECK_NUMBER(make_below("", &error), GLC_FILE);
  CHECK_NUMBER(glc_folder_make((struct glc_bytes){"a\0b", 3}, &error),
               GLC_FILE);
  CHECK_NUMBER(glc_folder_make_below(in_top("no"), glc_bytes_of("x"), &error),
               GLC_FILE);
  /* Where links are followed that is what they are for. */
  CHECK_NUMBER(glc_folder_make(in_top("a/link/x"), &error), GLC_OK);
  CHECK(is_folder("made/x"));
}

static void test_find_link(void) {
  static const struct {
    const char *path;
    size_t found;
  } cases[] = {{"a/b/c", 0},     {"a/link", 6},      {"a/link/x/y", 6},
               {"a/no/link", 0}, {"a//dangling", 11}, {"a/b/", 0},
               {"", 0},          {"no", 0}};
  char longest[5000];
  size_t i;

  for (i = 0; i < sizeof cases / sizeof *cases; i++) {
    CHECK_NUMBER(glc_folder_find_link(glc_bytes_of(top),
                                      glc_bytes_of(cases[i].path)),
                 cases[i].found);
  }
  memset(longest, 'x', sizeof longest);
  CHECK_NUMBER(glc_folder_find_link(glc_bytes_of(top),
                                    (struct glc_bytes){longest, 4095}),
               0);
  CHECK_NUMBER(glc_folder_find_link(glc_bytes_of(top),
                                    (struct glc_bytes){longest, 5000}),
               0);
}

static void test_read(void) {
  struct glc_error error;
  struct glc_folder *folder = glc_folder_open(in_top("a"), &error);
  struct glc_bytes name;
  unsigned count = 0;

  if (CHECK(folder != NULL)) {
    while (glc_folder_next(folder, &name, &error) == GLC_OK &&
           name.length > 0) {
      CHECK(name.data[0] != '.');
      count++;
    }
    CHECK_NUMBER(name.length, 0);
  }
  CHECK_NUMBER(count, 3); /* b, link, dangling */
  glc_folder_close(folder);
  glc_folder_close(NULL);
  CHECK(glc_folder_open(in_top("no"), &error) == NULL);
  CHECK_NUMBER(error.code, GLC_FILE);
  CHECK(glc_folder_open(glc_bytes_of(""), &error) == NULL);
  CHECK_NUMBER(error.code, GLC_FILE);
  faults_arm(1, true);
  CHECK(glc_folder_open(in_top("a"), &error) == NULL);
  CHECK(faults_disarm());
  CHECK_NUMBER(error.code, GLC_NO_MEMORY);
}

static void test_current(void) {
  char before[GLC_PATH_MAX], path[GLC_PATH_MAX];
  struct glc_error error;

  CHECK_NUMBER(glc_folder_current(before, &error), GLC_OK);
  CHECK_NUMBER(mkdir(in_top("away").data, 0700), 0);
  CHECK_NUMBER(chdir(in_top("away").data), 0);
  CHECK_NUMBER(glc_folder_current(path, &error), GLC_OK);
  CHECK_BYTES(glc_bytes_of(path), in_top("away").data);
  CHECK_NUMBER(rmdir(in_top("away").data), 0);
  CHECK_NUMBER(glc_folder_current(path, &error), GLC_FILE);
  CHECK_NUMBER(chdir(before), 0);
}

static void test_signals(void) {
  struct glc_error error;
  struct glc_signals *signals = glc_signals_hold(&error);
  sigset_t mask;

  if (!CHECK(signals != NULL)) {
    return;
  }
  CHECK_NUMBER(glc_signals_take(signals), 0);
  CHECK_NUMBER(kill(getpid(), SIGINT), 0);
  CHECK_NUMBER(glc_signals_take(signals), SIGINT);
  CHECK_NUMBER(glc_signals_take(signals), 0);
  CHECK_NUMBER(pthread_sigmask(SIG_BLOCK, NULL, &mask), 0);
  CHECK_NUMBER(sigismember(&mask, SIGINT), 0);
  CHECK_NUMBER(sigismember(&mask, SIGTERM), 0);
  glc_signals_release(signals);
  glc_signals_release(NULL);
  faults_arm(1, true);
  CHECK(glc_signals_hold(&error) == NULL);
  CHECK(faults_disarm());
  CHECK_NUMBER(error.code, GLC_NO_MEMORY);
}

/* How a child ends that is sent so many, and looks for one. */
static int end_of_child(int count, bool looks) {
  int status = 0;
  pid_t child = fork();

  if (child == 0) {
    struct glc_signals *signals = glc_signals_hold(NULL);
    int i;

    (void)alarm(20);
    for (i = 0; i < count; i++) {
      (void)kill(getpid(), SIGTERM);
      if (looks && signals != NULL) {
        (void)glc_signals_take(signals);
      }
    }
    glc_signals_release(signals);
    _exit(0);
  }
  CHECK(child > 0 && waitpid(child, &status, 0) == child);
  return WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status);
}

static void test_ends(void) {
  CHECK_NUMBER(end_of_child(0, false), 0);
  CHECK_NUMBER(end_of_child(1, true), 0);
  CHECK_NUMBER(end_of_child(2, true), SIGTERM); /* the second one's */
  CHECK_NUMBER(end_of_child(1, false), SIGTERM); /* with the release */
}

static void remove_all(void) {
  char command[256];

  (void)snprintf(command, sizeof command, "rm -rf %s", top);
  CHECK_NUMBER(system(command), 0);
}

int main(void) {
  if (!CHECK(mkdtemp(top) != NULL)) {
    return check_report("folder_test");
  }
  test_make();
  test_make_refused();
  test_find_link();
  test_read();
  test_current();
  test_signals();
  test_ends();
  remove_all();
  return check_report("folder_test");
}
