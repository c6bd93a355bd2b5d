/*
 * Descriptors that the system keeps in mind, so that waiting for many costs
 * what is ready and not what waits. Elsewhere than on Linux there is none.
 */
#ifndef GLC_KEPT_SET_H
#define GLC_KEPT_SET_H

#include <stdbool.h>
#include <stddef.h>

#include "event.h"

#pragma GCC visibility push(hidden)

/* Its own descriptor, readable while any in it is ready; -1: there is none. */
int kept_set_open(void);

void kept_set_close(int set);

/* Watches a descriptor for other events than before; 0: it is in no set. */
bool kept_set_change(int set, int fd, int before, int events);

/*
 * Waits, for so many milliseconds at the most (-1: no limit), and writes down
 * what is ready, but no more than there is room for: the rest is ready still.
 */
size_t kept_set_wait(int set, int timeout, struct glc_http_event *ready,
                     size_t room);

#pragma GCC visibility pop

#endif
