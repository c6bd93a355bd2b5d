/* The signals that ask a program to end, noticed when it looks for them. */
#ifndef GLC_SIGNALS_H
#define GLC_SIGNALS_H

#include "error.h"

#pragma GCC visibility push(hidden)

struct glc_signals;

/*
 * From now on SIGTERM and SIGINT wait until glc_signals_take asks for them:
 * they are blocked in this thread and in those that it starts, so no handler is
 * needed, and the system keeps them. Threads that run already must not be there
 * or have them blocked. NULL and an error (GLC_NO_MEMORY, GLC_INVALID) where it
 * cannot be done.
 */
struct glc_signals *glc_signals_hold(struct glc_error *error);

/*
 * The number of one that waits; 0: none does. With the first one that is taken
 * they do again what they did before, so that a second one ends a program that
 * does not come to its end.
 */
int glc_signals_take(struct glc_signals *signals);

/*
 * Lets them do again what they did before; those that wait do it now. To be
 * called by the thread that holds them. NULL is allowed.
 */
void glc_signals_release(struct glc_signals *signals);

#pragma GCC visibility pop

#endif
