/* Ranges of the part file hashed again, to be believed or fetched again. */
#define _POSIX_C_SOURCE 200809L

#include <stdlib.h>
#include <string.h>

#include "../clock.h"
#include "../file_hash.h"
#include "task.h"

/*
 * As many ranges are hashed at a time, so that their states, which are large
 * while they are being made, are no matter.
 */
enum { BATCH = 64, WAIT_MS = 2 };

struct hashing {
  size_t count;
  struct glc_hashed_range ranges[];
};

/* The hashes of a state that stand for something: the one bits of a number. */
static size_t count_hashes(uint64_t leaves) {
  size_t count = 0;

  for (; leaves > 0; leaves &= leaves - 1) {
    count++;
  }
  return count;
}

static void free_hashing(void *context) {
  struct hashing *hashing = context;
  size_t i;

  for (i = 0; i < hashing->count; i++) {
    free(hashing->ranges[i].state);
  }
  free(hashing);
}

static enum glc_code keep_state(struct glc_hashed_range *range,
                                const struct glc_tree_state *state,
                                struct glc_error *error) {
  const size_t size =
      sizeof state->leaves + count_hashes(state->leaves) * GLC_SHA256_SIZE;

  range->state = malloc(size);
  if (range->state == NULL) {
    return glc_error_set(error, GLC_NO_MEMORY, "no memory to hash a file");
  }
  range->state_size = size;
  memcpy(range->state, &state->leaves, sizeof state->leaves);
  memcpy(range->state + sizeof state->leaves, state->hashes,
         size - sizeof state->leaves);
  return GLC_OK;
}

bool glc_tree_state_read(struct glc_tree_state *state, struct glc_bytes text) {
  const size_t head = sizeof state->leaves;

  memset(state, 0, sizeof *state);
  if (text.length < head) {
    return false;
  }
  memcpy(&state->leaves, text.data, head);
  if (state->leaves >> GLC_TREE_DEPTH != 0 ||
      text.length != head + count_hashes(state->leaves) * GLC_SHA256_SIZE) {
    return false;
  }
  memcpy(state->hashes, text.data + head, text.length - head);
  return true;
}

/* Waits for the threads; false where nobody waits for this task any more. */
static bool await(struct glc_task *task, struct glc_file_hash *hash) {
  bool goes_on = true;

  while (goes_on && !glc_file_hash_done(hash)) {
    glc_clock_sleep(WAIT_MS);
    goes_on = !task_is_cancelled(task);
  }
  return goes_on;
}

static enum glc_code hash_some(struct glc_task *task, int fd,
                               struct glc_hashed_range *ranges, size_t count,
                               struct glc_tree_state *states,
                               struct glc_error *error) {
  struct glc_file_range jobs[BATCH];
  struct glc_file_hash *hash = NULL;
  enum glc_code code = GLC_OK;
  size_t i;

  for (i = 0; i < count; i++) {
    memset(&jobs[i], 0, sizeof jobs[i]);
    jobs[i].first = ranges[i].first;
    jobs[i].size = ranges[i].size;
    jobs[i].state = &states[i];
  }
  hash = glc_file_hash_start(fd, jobs, count, 0, error);
  if (hash == NULL) {
    return error->code;
  }
  code = await(task, hash) ? glc_file_hash_wait(hash, error)
                           : glc_error_set(error, GLC_CANCELLED,
                                           "the task was closed");
  for (i = 0; code == GLC_OK && i < count; i++) {
    ranges[i].hashed = jobs[i].hashed;
    memcpy(ranges[i].root, jobs[i].root, sizeof ranges[i].root);
    code = keep_state(&ranges[i], &states[i], error);
  }
  glc_file_hash_close(hash);
  return code;
}

static enum glc_code hash_all(struct glc_task *task, int fd, void *context,
                              struct glc_error *error) {
  struct hashing *hashing = context;
  struct glc_tree_state *states = calloc(BATCH, sizeof *states);
  enum glc_code code = GLC_OK;
  size_t begin = 0;

  if (states == NULL) {
    return glc_error_set(error, GLC_NO_MEMORY, "no memory to hash a file");
  }
  while (code == GLC_OK && begin < hashing->count) {
    const size_t left = hashing->count - begin;
    const size_t count = left < BATCH ? left : BATCH;

    code = hash_some(task, fd, hashing->ranges + begin, count, states, error);
    begin += count;
  }
  free(states);
  return code == GLC_INVALID
             ? locked_file_refusal(task_file(task), "hash", error->message,
                                   error)
             : code;
}

static const struct task_kind hashing_kind = {hash_all, free_hashing, false};

struct glc_task *glc_part_file_hash(struct glc_part_file *file,
                                    const struct glc_hashed_range *ranges,
                                    size_t count, struct glc_error *error) {
  struct hashing *hashing =
      calloc(1, sizeof *hashing + count * sizeof *ranges);
  size_t i;

  if (hashing == NULL) {
    glc_error_set(error, GLC_NO_MEMORY, "no memory for a task");
    return NULL;
  }
  hashing->count = count;
  for (i = 0; i < count; i++) {
    hashing->ranges[i].first = ranges[i].first;
    hashing->ranges[i].size = ranges[i].size;
  }
  return task_start(&hashing_kind, file, hashing, error);
}

const struct glc_hashed_range *glc_task_ranges(struct glc_task *task,
                                               size_t *count) {
  const struct hashing *hashing = NULL;

  if (task_is_of(task, &hashing_kind)) {
    hashing = task_context(task);
  }
  *count = hashing != NULL ? hashing->count : 0;
  return hashing != NULL ? hashing->ranges : NULL;
}
