/* Bytes on their way from an event loop to whatever may take its time. */
#ifndef GLC_SPOOL_H
#define GLC_SPOOL_H

#include <stdbool.h>
#include <stdint.h>

#include "../buffer.h"
#include "../error.h"

#pragma GCC visibility push(hidden)

/*
 * A ring of bytes with a thread behind it, so that neither a disk that is
 * busy nor hashing ever holds up whoever brings the bytes. Not for two threads
 * at a time on the side where they are put in.
 */
struct spool;

/*
 * Who takes the bytes: `consume` in their order, in the spool's thread; false
 * is the end. `release` is called once, when the spool is closed and all of it
 * is consumed, by whichever thread is last.
 */
struct spool_consumer {
  bool (*consume)(void *context, struct glc_bytes bytes,
                  struct glc_error *error);
  void (*release)(void *context);
  void *context;
};

/*
 * The size of a ring is a power of two of these bounds. A chunk, which is what
 * is consumed at once at the most, is a quarter of it: while the consumer is at
 * one there is room for others, and in a small ring it begins early.
 */
enum {
  SPOOL_LEAST = 128 * 1024,
  SPOOL_MOST = 2 * 1024 * 1024,
  SPOOL_CHUNKS = 4
};

/*
 * An empty spool with a ring of `size` bytes. The first byte will be number
 * `position`: the chunks end where their size divides the number, which makes
 * for whole pages of files. NULL: there is none, and the consumer is the
 * caller's still.
 */
struct spool *spool_open(uint64_t position, size_t size,
                         const struct spool_consumer *consumer,
                         struct glc_error *error);

/* How many bytes can be put in without waiting. */
size_t spool_room(struct spool *spool);

/*
 * Puts all of the bytes in, and waits where there is no room. What the
 * consumer said no to, now or before, is the failure.
 */
enum glc_code spool_put(struct spool *spool, struct glc_bytes bytes,
                        struct glc_error *error);

/*
 * Asks for all to be consumed. True: it is, or the consumer has failed, which
 * *code and `error` tell, and the consumer is idle. False: not yet.
 */
bool spool_is_drained(struct spool *spool, enum glc_code *code,
                      struct glc_error *error);

/* As spool_is_drained, and waits. */
enum glc_code spool_drain(struct spool *spool, struct glc_error *error);

/*
 * Takes no more, and waits for nothing: what is in it is still consumed, and
 * the thread ends after that. In a child process that was forked since there
 * is no thread, and nothing is done. NULL is allowed.
 */
void spool_close(struct spool *spool);

#pragma GCC visibility pop

#endif
