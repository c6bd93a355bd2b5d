/* Threads for work that would hold a host up. */
#ifndef GLC_THREADS_H
#define GLC_THREADS_H

#include <pthread.h>

#include "error.h"

#pragma GCC visibility push(hidden)

/* How many can run at a time; at least 1. */
unsigned glc_threads_cores(void);

/*
 * Starts `wanted` threads, or as many as there may be; the number is put into
 * `started`. No signal of the host's reaches them. GLC_INVALID where some were
 * wanted and none could be started.
 */
enum glc_code glc_threads_start(pthread_t *threads, unsigned wanted,
                                void *(*run)(void *), void *argument,
                                unsigned *started, struct glc_error *error);

/*
 * To be called by a thread that computes: whoever wakes up gets its core at
 * once, such as a host's loop. Where the system has no such policy, or refuses
 * it, cores are shared as they are otherwise.
 */
void glc_thread_give_way(void);

#pragma GCC visibility pop

#endif
