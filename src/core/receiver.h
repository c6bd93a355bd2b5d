/* Whoever takes bytes as they arrive, without knowing where they come from. */
#ifndef GLC_RECEIVER_H
#define GLC_RECEIVER_H

#include "buffer.h"

#pragma GCC visibility push(hidden)

/*
 * None of the functions waits for longer than it takes to copy the bytes, if
 * no more are given than there is room for. `context` is kept by whoever has
 * the receiver until it calls `drop`, once, as its last word.
 */
struct glc_receiver {
  void *context;
  /* How many bytes can be taken at once. */
  size_t (*room)(void *context);
  /* Takes all of the bytes, or fails for good. */
  enum glc_code (*take)(void *context, struct glc_bytes bytes,
                        struct glc_error *error);
  /* Whether all that was taken is where it belongs, or *code says why not. */
  bool (*is_settled)(void *context, enum glc_code *code,
                     struct glc_error *error);
  void (*drop)(void *context);
  /*
   * So much room is worth going on for, once there was too little. It comes
   * back without anything being asked for, and a piece is not larger.
   */
  size_t enough;
};

#pragma GCC visibility pop

#endif
