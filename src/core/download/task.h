/* What is done in a thread while the caller goes on. */
#ifndef GLC_TASK_H
#define GLC_TASK_H

#include "download.h"
#include "part_file.h"

#pragma GCC visibility push(hidden)

/*
 * A kind of work on a part file, which it may write to or only read. `run` is called in a thread of its own, in
 * which the file is open; `context` is given to `free_context` at the end,
 * whichever of the thread and the caller has the task last.
 */
struct task_kind {
  enum glc_code (*run)(struct glc_task *task, int fd, void *context,
                       struct glc_error *error);
  void (*free_context)(void *context);
  bool writes;
};

/* Takes the context over, and frees it where no task can be started. */
struct glc_task *task_start(const struct task_kind *kind,
                            struct glc_part_file *file, void *context,
                            struct glc_error *error);

/* Of the thread: whether nobody waits for it any more, or the file is closed. */
bool task_is_cancelled(struct glc_task *task);

/* The file that it works on. */
const struct locked_file *task_file(const struct glc_task *task);

bool task_is_of(const struct glc_task *task, const struct task_kind *kind);

/* Of a task that is done. */
void *task_context(struct glc_task *task);

#pragma GCC visibility pop

#endif
