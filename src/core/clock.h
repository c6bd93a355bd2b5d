/* Time that only goes forward, for deadlines. */
#ifndef GLC_CLOCK_H
#define GLC_CLOCK_H

#include <stdint.h>

#pragma GCC visibility push(hidden)

/* Milliseconds since some moment of the past. */
int64_t glc_clock_monotonic(void);

/* Blocks for that many milliseconds; a signal ends it early. */
void glc_clock_sleep(int64_t milliseconds);

#pragma GCC visibility pop

#endif
