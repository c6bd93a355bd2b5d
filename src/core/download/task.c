#define _POSIX_C_SOURCE 200809L

#include "task.h"

#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "thread.h"

/* The thread is nobody's to join: it and the caller hold the task. */
struct glc_task {
  pthread_mutex_t lock;
  const struct task_kind *kind;
  struct glc_part_file *file;
  void *context;
  int fd;
  pid_t owner;
  unsigned holders;
  bool is_cancelled;
  bool is_done;
  struct glc_error error;
};

static void drop(struct glc_task *task) {
  bool is_last;

  (void)pthread_mutex_lock(&task->lock);
  is_last = --task->holders == 0;
  (void)pthread_mutex_unlock(&task->lock);
  if (is_last) {
    task->kind->free_context(task->context);
    part_file_drop(task->file);
    (void)pthread_mutex_destroy(&task->lock);
    free(task);
  }
}

static void *run(void *argument) {
  struct glc_task *task = argument;
  struct glc_error error = {GLC_OK, ""};

  error.code = task->kind->run(task, task->fd, task->context, &error);
  part_file_leave(task->file, task->kind->writes);
  (void)pthread_mutex_lock(&task->lock);
  task->error = error;
  task->is_done = true;
  (void)pthread_mutex_unlock(&task->lock);
  drop(task);
  return NULL;
}

static enum glc_code start(struct glc_task *task, struct glc_error *error) {
  pthread_t thread;
  enum glc_code code = GLC_OK;

  task->fd = part_file_enter(task->file, task->kind->writes);
  if (task->fd < 0) {
    return glc_error_set(error, GLC_FILE, "the file is closed");
  }
  task->holders++;
  code = thread_start(&thread, run, task, error);
  if (code == GLC_OK) {
    (void)pthread_detach(thread);
  } else {
    task->holders--;
    part_file_leave(task->file, task->kind->writes);
  }
  return code;
}

struct glc_task *task_start(const struct task_kind *kind,
                            struct glc_part_file *file, void *context,
                            struct glc_error *error) {
  struct glc_task *task = calloc(1, sizeof *task);

  if (task == NULL) {
    kind->free_context(context);
    glc_error_set(error, GLC_NO_MEMORY, "no memory for a task");
    return NULL;
  }
  (void)pthread_mutex_init(&task->lock, NULL);
  task->kind = kind;
  task->context = context;
  task->file = part_file_keep(file);
  task->owner = getpid();
  task->holders = 1;
  if (start(task, error) != GLC_OK) {
    drop(task);
    task = NULL;
  }
  return task;
}

bool task_is_cancelled(struct glc_task *task) {
  bool is_cancelled;

  (void)pthread_mutex_lock(&task->lock);
  is_cancelled = task->is_cancelled;
  (void)pthread_mutex_unlock(&task->lock);
  return is_cancelled || part_file_is_closed(task->file);
}

const struct locked_file *task_file(const struct glc_task *task) {
  return part_file_inside(task->file);
}

bool task_is_of(const struct glc_task *task, const struct task_kind *kind) {
  return task->kind == kind;
}

void *task_context(struct glc_task *task) {
  return task->context;
}

static bool is_forked(const struct glc_task *task) {
  return task->owner != getpid();
}

bool glc_task_done(struct glc_task *task) {
  bool is_done = true; /* of a forked child, which has no such thread */

  if (!is_forked(task)) {
    (void)pthread_mutex_lock(&task->lock);
    is_done = task->is_done;
    (void)pthread_mutex_unlock(&task->lock);
  }
  return is_done;
}

enum glc_code glc_task_result(struct glc_task *task, struct glc_error *error) {
  if (is_forked(task)) {
    return glc_error_set(error, GLC_CANCELLED,
                         "the task is the parent process's");
  }
  return task->error.code == GLC_OK
             ? GLC_OK
             : glc_error_set(error, task->error.code, "%s",
                             task->error.message);
}

void glc_task_close(struct glc_task *task) {
  if (task != NULL && !is_forked(task)) {
    (void)pthread_mutex_lock(&task->lock);
    task->is_cancelled = true;
    (void)pthread_mutex_unlock(&task->lock);
    drop(task);
  }
}
