/* Which process something belongs to. */
#ifndef GLC_OWNER_H
#define GLC_OWNER_H

#include <stdbool.h>
#include <sys/types.h>

#pragma GCC visibility push(hidden)

/*
 * Asking the system for the process costs as much as signing a request does
 * where it is done for every step. So a page of memory is kept that is empty
 * in a child, where the system has such; `mark` is NULL where it has not.
 */
struct owner {
  volatile unsigned char *mark;
  pid_t process;
};

/* From here on it belongs to this process. */
void owner_init(struct owner *owner);

/* Whether this process is a child of the one that it belongs to. */
bool owner_is_gone(const struct owner *owner);

void owner_free(struct owner *owner);

#pragma GCC visibility pop

#endif
