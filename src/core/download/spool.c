#define _POSIX_C_SOURCE 200809L
#ifndef _DEFAULT_SOURCE
#define _DEFAULT_SOURCE /* MAP_ANONYMOUS */
#endif

#include "spool.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "thread.h"

/*
 * Byte number n of the stream is ring[n % size]; those from `consumed`
 * to `put` are in it. The thread is started with the first byte.
 */
struct spool {
  pthread_mutex_t lock;
  pthread_cond_t filled;  /* a chunk is whole, or all is to be consumed */
  pthread_cond_t emptied; /* a chunk was consumed, or the consumer failed */
  pid_t owner;
  unsigned holders; /* who opened it, and the thread: the last one frees it */
  bool is_started;
  bool is_draining;
  bool is_ending;
  struct spool_consumer consumer;
  uint64_t put;
  uint64_t consumed;
  struct glc_error failure;
  char *ring;
  size_t size; /* of the ring */
};

struct spool *spool_open(uint64_t position, size_t size,
                         const struct spool_consumer *consumer,
                         struct glc_error *error) {
  struct spool *spool = calloc(1, sizeof *spool);

  if (spool == NULL) {
    glc_error_set(error, GLC_NO_MEMORY, "no memory for a range");
    return NULL;
  }
  (void)pthread_mutex_init(&spool->lock, NULL);
  (void)pthread_cond_init(&spool->filled, NULL);
  (void)pthread_cond_init(&spool->emptied, NULL);
  spool->owner = getpid();
  spool->holders = 1;
  spool->consumer = *consumer;
  spool->size = size;
  spool->put = position;
  spool->consumed = position;
  return spool;
}

/* The end of the chunk that byte `number` is in. */
static uint64_t chunk_end(const struct spool *spool, uint64_t number) {
  const uint64_t chunk = spool->size / SPOOL_CHUNKS;

  return (number / chunk + 1) * chunk;
}

/* Waits for what is to be consumed next; of length 0 at the end. */
static struct glc_bytes next_chunk(struct spool *spool) {
  struct glc_bytes chunk = {NULL, 0};
  uint64_t end = chunk_end(spool, spool->consumed);

  while (spool->put < end && !spool->is_ending &&
         !(spool->is_draining && spool->put > spool->consumed)) {
    (void)pthread_cond_wait(&spool->filled, &spool->lock);
  }
  end = spool->put < end ? spool->put : end;
  chunk.data = spool->ring + spool->consumed % spool->size;
  chunk.length = (size_t)(end - spool->consumed);
  return chunk;
}

static void drop(struct spool *spool) {
  bool is_last;

  (void)pthread_mutex_lock(&spool->lock);
  is_last = --spool->holders == 0;
  (void)pthread_mutex_unlock(&spool->lock);
  if (is_last) {
    spool->consumer.release(spool->consumer.context);
    (void)pthread_cond_destroy(&spool->emptied);
    (void)pthread_cond_destroy(&spool->filled);
    (void)pthread_mutex_destroy(&spool->lock);
    if (spool->ring != NULL) {
      (void)munmap(spool->ring, spool->size);
    }
    free(spool);
  }
}

static void *run(void *argument) {
  struct spool *spool = argument;
  struct glc_error error;
  struct glc_bytes chunk;
  bool sound;

  (void)pthread_mutex_lock(&spool->lock);
  while ((chunk = next_chunk(spool)).length > 0) {
    sound = spool->failure.code == GLC_OK;
    if (sound) {
      (void)pthread_mutex_unlock(&spool->lock);
      sound = spool->consumer.consume(spool->consumer.context, chunk, &error);
      (void)pthread_mutex_lock(&spool->lock);
      if (!sound) {
        spool->failure = error;
      }
    }
    spool->consumed += chunk.length;
    (void)pthread_cond_signal(&spool->emptied);
  }
  (void)pthread_mutex_unlock(&spool->lock);
  drop(spool);
  return NULL;
}

/*
 * Of pages of its own: among the small pieces of the heap rings that come and
 * go would leave holes, and several times their size to the process.
 */
static char *new_ring(size_t size) {
  void *ring = mmap(NULL, size, PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

  return ring == MAP_FAILED ? NULL : ring;
}

/* The thread is nobody's to join. */
static enum glc_code start(struct spool *spool, struct glc_error *error) {
  pthread_t thread;
  enum glc_code code = GLC_OK;

  if (spool->ring == NULL) {
    spool->ring = new_ring(spool->size);
  }
  if (spool->ring == NULL) {
    return glc_error_set(error, GLC_NO_MEMORY, "no memory for a range");
  }
  spool->holders++;
  code = thread_start(&thread, run, spool, error);
  if (code == GLC_OK) {
    (void)pthread_detach(thread);
  } else {
    spool->holders--;
  }
  spool->is_started = code == GLC_OK;
  return code;
}

static enum glc_code tell_failure(const struct spool *spool,
                                  struct glc_error *error) {
  return spool->failure.code == GLC_OK
             ? GLC_OK
             : glc_error_set(error, spool->failure.code, "%s",
                             spool->failure.message);
}

static size_t room(const struct spool *spool) {
  return (size_t)(spool->size - (spool->put - spool->consumed));
}

size_t spool_room(struct spool *spool) {
  size_t size;

  (void)pthread_mutex_lock(&spool->lock);
  size = room(spool);
  (void)pthread_mutex_unlock(&spool->lock);
  return size;
}

/* Copies what there is room for; with none it waits. Locked. */
static size_t put_some(struct spool *spool, struct glc_bytes bytes) {
  const size_t begin = (size_t)(spool->put % spool->size);
  const uint64_t whole = chunk_end(spool, spool->consumed);
  size_t length = room(spool);

  if (length > spool->size - begin) {
    length = spool->size - begin;
  }
  length = length < bytes.length ? length : bytes.length;
  if (length == 0) {
    (void)pthread_cond_wait(&spool->emptied, &spool->lock);
  } else {
    /* The thread looks at nothing behind `put`: the copy needs no lock. */
    (void)pthread_mutex_unlock(&spool->lock);
    memcpy(spool->ring + begin, bytes.data, length);
    (void)pthread_mutex_lock(&spool->lock);
    spool->put += length;
    if (spool->put >= whole) {
      (void)pthread_cond_signal(&spool->filled);
    }
  }
  return length;
}

enum glc_code spool_put(struct spool *spool, struct glc_bytes bytes,
                        struct glc_error *error) {
  enum glc_code code = GLC_OK;

  if (!spool->is_started && bytes.length > 0) {
    code = start(spool, error);
  }
  if (code != GLC_OK) {
    return code;
  }
  (void)pthread_mutex_lock(&spool->lock);
  spool->is_draining = false;
  code = tell_failure(spool, error);
  while (code == GLC_OK && bytes.length > 0) {
    const size_t length = put_some(spool, bytes);

    bytes.data += length;
    bytes.length -= length;
    code = tell_failure(spool, error);
  }
  (void)pthread_mutex_unlock(&spool->lock);
  return code;
}

static void begin_to_drain(struct spool *spool) {
  if (!spool->is_draining) {
    spool->is_draining = true;
    (void)pthread_cond_signal(&spool->filled);
  }
}

bool spool_is_drained(struct spool *spool, enum glc_code *code,
                      struct glc_error *error) {
  bool is_drained;

  (void)pthread_mutex_lock(&spool->lock);
  begin_to_drain(spool);
  is_drained = spool->consumed == spool->put;
  *code = tell_failure(spool, error);
  (void)pthread_mutex_unlock(&spool->lock);
  return is_drained;
}

enum glc_code spool_drain(struct spool *spool, struct glc_error *error) {
  enum glc_code code;

  (void)pthread_mutex_lock(&spool->lock);
  begin_to_drain(spool);
  while (spool->consumed < spool->put) {
    (void)pthread_cond_wait(&spool->emptied, &spool->lock);
  }
  code = tell_failure(spool, error);
  (void)pthread_mutex_unlock(&spool->lock);
  return code;
}

void spool_close(struct spool *spool) {
  if (spool == NULL || spool->owner != getpid()) {
    return;
  }
  (void)pthread_mutex_lock(&spool->lock);
  spool->is_ending = true;
  (void)pthread_cond_signal(&spool->filled);
  (void)pthread_mutex_unlock(&spool->lock);
  drop(spool);
}
