#include "speed.h"

void speed_begin(struct speed *speed, int64_t now) {
  speed->began = now;
  speed->bytes = 0;
}

void speed_init(struct speed *speed, size_t limit, int64_t milliseconds) {
  speed->stretch = limit > 0 ? milliseconds : 0;
  speed->fewest = (double)limit * ((double)milliseconds / 1000);
  speed_reset(speed);
}

void speed_reset(struct speed *speed) {
  speed_begin(speed, -1);
  speed->moved = false;
}

void speed_note(struct speed *speed, size_t bytes, int64_t now) {
  speed->bytes += (double)bytes;
  speed->moved = true;
  if (speed->bytes >= speed->fewest) {
    speed_begin(speed, now);
  }
}

void speed_excuse(struct speed *speed, int64_t since, int64_t now) {
  if (speed->began >= 0) {
    speed->began += now - (since > speed->began ? since : speed->began);
  }
}

int64_t speed_due(const struct speed *speed) {
  if (speed->stretch == 0 || speed->began < 0 ||
      speed->stretch >= INT64_MAX - speed->began) {
    return -1;
  }
  return speed->began + speed->stretch;
}

bool speed_is_low(struct speed *speed, int64_t now) {
  const int64_t due = speed_due(speed);
  const bool moved = speed->moved;

  speed->moved = false;
  return due >= 0 && now >= due && !moved;
}
