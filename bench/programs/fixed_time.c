/*
 * Loaded before the C library: a time that stands still. Lua takes the seed of
 * its hashes from it, and a request its date, so that the same instructions
 * run each time.
 */
#include <time.h>

time_t time(time_t *result) {
  const time_t fixed = 1700000000;

  if (result != NULL) {
    *result = fixed;
  }
  return fixed;
}
