/* Where in a list what has a number is: many may have the same one. */
#ifndef GLC_INDEX_H
#define GLC_INDEX_H

#include <stdbool.h>
#include <stddef.h>

#pragma GCC visibility push(hidden)

struct index_slot {
  int number;
  size_t position; /* in the list, plus one; 0: the slot is empty */
};

/* Zeroed, it is empty. */
struct index {
  struct index_slot *slots;
  size_t capacity; /* a power of two, at least twice the count; or 0 */
  size_t count;
};

/* False: there is no memory. */
bool index_add(struct index *index, int number, size_t position);

void index_remove(struct index *index, int number, size_t position);

/* What was at one position is at another now. */
void index_move(struct index *index, int number, size_t from, size_t to);

/*
 * The positions of a number one by one: *cursor is 0 at first. False after
 * the last. Nothing may be added or removed meanwhile.
 */
bool index_next(const struct index *index, int number, size_t *cursor,
                size_t *position);

void index_free(struct index *index);

#pragma GCC visibility pop

#endif
