/* Which transfer's time-out comes first: a heap of the earliest moments. */
#ifndef GLC_HTTP_DUE_H
#define GLC_HTTP_DUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#pragma GCC visibility push(hidden)

struct glc_transfer;

/*
 * `moment` is no later than the transfer's next time-out. Bytes that come put
 * that off again and again: what has become later is found out only once it
 * comes first.
 */
struct due {
  int64_t moment;
  struct due_item *item;
};

/* A transfer's place in the heap. Zeroed but for the transfer, it has none. */
struct due_item {
  struct glc_transfer *transfer;
  size_t place; /* counted from 1 */
};

/* Zeroed, it is empty. */
struct due_heap {
  struct due *dues;
  size_t count;
  size_t capacity;
};

/* Makes room for so many in all. False: there is no memory. */
bool due_reserve(struct due_heap *heap, size_t count);

/*
 * The transfer's next time-out is at `moment`, or later; -1: it has none, or
 * is on the engine no more. There is room for all that are on it.
 */
void due_set(struct due_heap *heap, struct due_item *item, int64_t moment);

/* The same, but where it is later nothing is done. */
void due_lower(struct due_heap *heap, struct due_item *item,
               int64_t moment);

/* The first; NULL: there is none. */
const struct due *due_first(const struct due_heap *heap);

void due_free(struct due_heap *heap);

#pragma GCC visibility pop

#endif
