#include "due.h"

#include <stdlib.h>

bool due_reserve(struct due_heap *heap, size_t count) {
  const size_t capacity = count * 2 + 6;
  struct due *dues;

  if (count <= heap->capacity) {
    return true;
  }
  dues = realloc(heap->dues, capacity * sizeof *dues);
  if (dues != NULL) {
    heap->dues = dues;
    heap->capacity = capacity;
  }
  return dues != NULL;
}

static void place(struct due_heap *heap, size_t at, struct due due) {
  heap->dues[at] = due;
  due.item->place = at + 1;
}

static void rise(struct due_heap *heap, size_t at, struct due due) {
  while (at > 0 && due.moment < heap->dues[(at - 1) / 2].moment) {
    place(heap, at, heap->dues[(at - 1) / 2]);
    at = (at - 1) / 2;
  }
  place(heap, at, due);
}

static void sink(struct due_heap *heap, size_t at, struct due due) {
  size_t child = 2 * at + 1;

  while (child < heap->count) {
    if (child + 1 < heap->count &&
        heap->dues[child + 1].moment < heap->dues[child].moment) {
      child++;
    }
    if (due.moment <= heap->dues[child].moment) {
      break;
    }
    place(heap, at, heap->dues[child]);
    at = child;
    child = 2 * at + 1;
  }
  place(heap, at, due);
}

static void settle(struct due_heap *heap, size_t at, struct due due) {
  if (at > 0 && due.moment < heap->dues[(at - 1) / 2].moment) {
    rise(heap, at, due);
  } else {
    sink(heap, at, due);
  }
}

void due_set(struct due_heap *heap, struct due_item *item, int64_t moment) {
  const struct due due = {moment, item};
  const size_t at = item->place;

  if (moment >= 0 && at > 0) {
    settle(heap, at - 1, due);
  } else if (moment >= 0) {
    rise(heap, heap->count++, due);
  } else if (at > 0) {
    const struct due last = heap->dues[--heap->count];

    item->place = 0;
    if (last.item != item) {
      settle(heap, at - 1, last);
    }
  }
}

void due_lower(struct due_heap *heap, struct due_item *item,
               int64_t moment) {
  const size_t at = item->place;

  if (moment >= 0 && (at == 0 || moment < heap->dues[at - 1].moment)) {
    due_set(heap, item, moment);
  }
}

const struct due *due_first(const struct due_heap *heap) {
  return heap->count > 0 ? &heap->dues[0] : NULL;
}

void due_free(struct due_heap *heap) {
  free(heap->dues);
  heap->dues = NULL;
  heap->count = 0;
  heap->capacity = 0;
}
