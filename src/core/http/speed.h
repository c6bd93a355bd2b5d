/* Whether a body trickles: too few bytes in a stretch of time. */
#ifndef GLC_HTTP_SPEED_H
#define GLC_HTTP_SPEED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#pragma GCC visibility push(hidden)

/* Stretches follow upon each other: one that has its bytes is over early. */
struct speed {
  int64_t stretch; /* milliseconds; 0: nothing is too slow */
  double fewest;   /* bytes that a stretch is to bring */
  int64_t began;   /* -1: there is no body yet */
  double bytes;
  bool moved; /* some came since it was judged last */
};

/* `limit`: bytes a second; `milliseconds`: of a stretch. 0: no limit. */
void speed_init(struct speed *speed, size_t limit, int64_t milliseconds);

/* The request is sent, for the first time or again: there is no body. */
void speed_reset(struct speed *speed);

/* The body begins. */
void speed_begin(struct speed *speed, int64_t now);

/* That many bytes of it have come. */
void speed_note(struct speed *speed, size_t bytes, int64_t now);

/* The time since a moment was not the sender's: it does not count. */
void speed_excuse(struct speed *speed, int64_t since, int64_t now);

/* When the stretch is over that has not brought enough yet; -1: never. */
int64_t speed_due(const struct speed *speed);

/*
 * Whether it is over. Never right after bytes have come: where nobody looked
 * for a while more of them may lie ready.
 */
bool speed_is_low(struct speed *speed, int64_t now);

#pragma GCC visibility pop

#endif
