/* Threads that the host never notices. */
#ifndef GLC_DOWNLOAD_THREAD_H
#define GLC_DOWNLOAD_THREAD_H

#include <pthread.h>

#include "../error.h"

#pragma GCC visibility push(hidden)

/*
 * Starts a thread with a small stack and all signals blocked: the host's are
 * for its own threads, and a file that grows past a limit of the system's is
 * an error of write, not the end of the process (SIGXFSZ). GLC_FILE: the
 * system gives no thread.
 */
enum glc_code thread_start(pthread_t *thread, void *(*run)(void *),
                           void *argument, struct glc_error *error);

#pragma GCC visibility pop

#endif
