/* What a test knows of valgrind, where it is built to be run by that. */
#ifndef UNDER_VALGRIND_H
#define UNDER_VALGRIND_H

#ifdef UNDER_VALGRIND
#include <valgrind/valgrind.h>
#else
#define RUNNING_ON_VALGRIND 0
#define VALGRIND_CLO_CHANGE(option) ((void)(option))
#endif

/* Milliseconds in which something has to happen that takes longer there. */
static inline int patience(int milliseconds) {
  return RUNNING_ON_VALGRIND ? 20 * milliseconds : milliseconds;
}

/*
 * For a child that was forked and is about to end by _exit. It holds copies of
 * what is its parent's, and of what belongs to threads that it does not have;
 * it gives none of that back, and none of it is lost. What it reads or writes
 * where it must not is still told.
 */
static inline void leave_to_parent(void) {
  VALGRIND_CLO_CHANGE("--leak-check=no");
}

#endif
