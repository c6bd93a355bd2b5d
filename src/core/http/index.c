/* A hash table with linear probing. */
#include "index.h"

#include <stdint.h>
#include <stdlib.h>

enum { FIRST_CAPACITY = 16 };

/*
 * Descriptors and ports follow on each other. In neighbouring slots they would
 * be one long row, and whoever leaves it would have to look through the rest:
 * an odd factor puts each into a slot of its own, and gaps between them.
 */
static size_t home_of(const struct index *index, int number) {
  return (size_t)((unsigned)number * 2654435769U) & (index->capacity - 1);
}

static size_t after(const struct index *index, size_t slot) {
  return (slot + 1) & (index->capacity - 1);
}

static void put(struct index *index, int number, size_t position) {
  size_t slot = home_of(index, number);

  while (index->slots[slot].position != 0) {
    slot = after(index, slot);
  }
  index->slots[slot].number = number;
  index->slots[slot].position = position + 1;
}

static bool grow(struct index *index) {
  struct index larger = {NULL, index->capacity * 2, index->count};
  size_t i;

  if (larger.capacity == 0) {
    larger.capacity = FIRST_CAPACITY;
  }
  if (larger.capacity <= SIZE_MAX / sizeof *larger.slots) {
    larger.slots = calloc(larger.capacity, sizeof *larger.slots);
  }
  if (larger.slots != NULL) {
    for (i = 0; i < index->capacity; i++) {
      if (index->slots[i].position != 0) {
        put(&larger, index->slots[i].number, index->slots[i].position - 1);
      }
    }
    free(index->slots);
    *index = larger;
  }
  return larger.slots != NULL;
}

bool index_add(struct index *index, int number, size_t position) {
  const bool fits =
      (index->count + 1) * 2 <= index->capacity || grow(index);

  if (fits) {
    put(index, number, position);
    index->count++;
  }
  return fits;
}

/* The slot of a pair; the capacity where there is none. */
static size_t find(const struct index *index, int number, size_t position) {
  size_t slot = index->capacity > 0 ? home_of(index, number) : 0;

  while (index->capacity > 0 && index->slots[slot].position != 0) {
    if (index->slots[slot].number == number &&
        index->slots[slot].position == position + 1) {
      return slot;
    }
    slot = after(index, slot);
  }
  return index->capacity;
}

/* What stands behind a gap moves up, unless its home is behind it, too. */
static void close_gap(struct index *index, size_t gap) {
  const size_t mask = index->capacity - 1;
  size_t slot = after(index, gap);

  while (index->slots[slot].position != 0) {
    const size_t home = home_of(index, index->slots[slot].number);

    if (((slot - home) & mask) >= ((slot - gap) & mask)) {
      index->slots[gap] = index->slots[slot];
      gap = slot;
    }
    slot = after(index, slot);
  }
  index->slots[gap].position = 0;
}

void index_remove(struct index *index, int number, size_t position) {
  const size_t slot = find(index, number, position);

  if (slot < index->capacity) {
    close_gap(index, slot);
    index->count--;
  }
}

void index_move(struct index *index, int number, size_t from, size_t to) {
  const size_t slot = find(index, number, from);

  if (slot < index->capacity) {
    index->slots[slot].position = to + 1;
  }
}

bool index_next(const struct index *index, int number, size_t *cursor,
                size_t *position) {
  const size_t mask = index->capacity - 1;
  size_t slot;

  for (; *cursor < index->capacity; (*cursor)++) {
    slot = (home_of(index, number) + *cursor) & mask;
    if (index->slots[slot].position == 0) {
      return false;
    }
    if (index->slots[slot].number == number) {
      *position = index->slots[slot].position - 1;
      (*cursor)++;
      return true;
    }
  }
  return false;
}

void index_free(struct index *index) {
  free(index->slots);
  index->slots = NULL;
  index->capacity = 0;
  index->count = 0;
}
