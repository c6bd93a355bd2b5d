/* Chance that is the same in each run. */
#ifndef CHANCE_H
#define CHANCE_H

/* A number from 0 to below - 1 (xorshift). */
static inline unsigned chance(unsigned below) {
  static unsigned long long state = 88172645463325252ULL;

  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  return (unsigned)(state % below);
}

#endif
