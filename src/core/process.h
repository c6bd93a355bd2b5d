/* A program of the shell whose output is read without blocking. */
#ifndef GLC_PROCESS_H
#define GLC_PROCESS_H

#include <stdbool.h>

#include "buffer.h"
#include "error.h"

#pragma GCC visibility push(hidden)

enum { GLC_PROCESS_OUTPUT_MAX = 64 * 1024 };

struct glc_process;

/* What is known of a process; of one that has not ended, nothing. */
struct glc_process_end {
  bool known;
  int status;              /* as the shell's $?: 128 and more for a signal */
  struct glc_bytes output; /* may hold NUL; borrowed until the close */
};

/*
 * Runs `command` by /bin/sh in a session of its own: no terminal, nothing on
 * its standard input, the host's standard error and no other descriptor of
 * the host's, no signal blocked or ignored.
 * NULL and an error (GLC_INVALID, GLC_NO_MEMORY) where it cannot be started.
 */
struct glc_process *glc_process_start(struct glc_bytes command,
                                      struct glc_error *error);

/*
 * Takes what output there is; never blocks. The process has ended when the
 * command has, whatever it left in the background. Output past
 * GLC_PROCESS_OUTPUT_MAX is GLC_TOO_LARGE; a shell that tells no status
 * (it was killed, or the command has no end) is GLC_INVALID.
 */
enum glc_code glc_process_read(struct glc_process *process,
                               struct glc_process_end *end,
                               struct glc_error *error);

/*
 * Ends the command and its children, unless it has ended, and wipes its
 * output. Waits for 10 ms at the most, which the end of what is killed seldom
 * takes; what has not ended then is collected by a later start, read or close,
 * of any process. A shell that the host has collected is left alone, whoever
 * has its number by now. NULL is allowed.
 */
void glc_process_close(struct glc_process *process);

#pragma GCC visibility pop

#endif
