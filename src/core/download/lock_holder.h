/* Which process has a file locked, as far as the system tells. */
#ifndef GLC_LOCK_HOLDER_H
#define GLC_LOCK_HOLDER_H

#include <sys/types.h>

#pragma GCC visibility push(hidden)

/*
 * The process that has an flock on the open file; 0 where that cannot be
 * told: there is no /proc/locks, the holder is in another container, or the
 * file system shows other numbers there than to stat (btrfs).
 */
pid_t lock_holder(int fd);

#pragma GCC visibility pop

#endif
