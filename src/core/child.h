/* A child process, known by more than its number. For process.c. */
#ifndef GLC_CHILD_H
#define GLC_CHILD_H

#include <stdbool.h>
#include <sys/types.h>

#pragma GCC visibility push(hidden)

struct child;

/* Whom child_end kills besides the child itself. */
enum child_kin {
  CHILD_ALONE,
  CHILD_GROUP /* its process group, which it leads */
};

/* No child yet; NULL where there is no memory. */
struct child *child_new(void);

/*
 * Takes a process that was started just now: from here on it is found by a
 * descriptor (pidfd) where there are such, so that a number used again is
 * never taken for it. It leads a process group of its own.
 */
void child_adopt(struct child *child, pid_t pid);

/*
 * Kills the child, unless it has ended, and frees `child`; NULL is allowed.
 * One that is not this process's child any more, since the host has collected
 * it or this process is a fork, is left alone. Waits for 10 ms at the most:
 * what has not ended by then is collected by child_collect_leftovers.
 */
void child_end(struct child *child, enum child_kin kin);

/* Collects what has ended since child_end; never waits. */
void child_collect_leftovers(void);

#pragma GCC visibility pop

#endif
