#ifndef _DEFAULT_SOURCE
#define _DEFAULT_SOURCE /* MAP_ANONYMOUS, madvise */
#endif

#include "owner.h"

#include <stddef.h>
#include <sys/mman.h>
#include <unistd.h>

enum { MARK_SIZE = 4096 };

#if defined(MADV_WIPEONFORK) && defined(MAP_ANONYMOUS)
static void *new_mark(void) {
  void *page = mmap(NULL, MARK_SIZE, PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

  if (page != MAP_FAILED &&
      madvise(page, MARK_SIZE, MADV_WIPEONFORK) != 0) {
    (void)munmap(page, MARK_SIZE);
    page = MAP_FAILED;
  }
  return page != MAP_FAILED ? page : NULL;
}
#else
static void *new_mark(void) {
  return NULL;
}
#endif

void owner_init(struct owner *owner) {
  owner->process = getpid();
  owner->mark = new_mark();
  if (owner->mark != NULL) {
    *owner->mark = 1;
  }
}

bool owner_is_gone(const struct owner *owner) {
  return owner->mark != NULL ? *owner->mark == 0
                             : owner->process != getpid();
}

void owner_free(struct owner *owner) {
  if (owner->mark != NULL) {
    (void)munmap((void *)owner->mark, MARK_SIZE);
    owner->mark = NULL;
  }
}
