#define _POSIX_C_SOURCE 200809L /* strerror_r */

#include "error.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* A message as it comes; what is beyond may be needed for a last character. */
enum { RAW_SIZE = GLC_MESSAGE_SIZE + 4 };

static const char replacement[] = "\xEF\xBF\xBD"; /* U+FFFD */

struct description {
  const char *kind;
  const char *name;
};

static const struct description descriptions[] = {
#define GLC_DESCRIBE(symbol, kind, name) {kind, name},
    GLC_CODES(GLC_DESCRIBE)
#undef GLC_DESCRIBE
};

const char *glc_code_kind(enum glc_code code) {
  return descriptions[code].kind;
}

const char *glc_code_name(enum glc_code code) {
  return descriptions[code].name;
}

static bool is_between(char byte, unsigned lowest, unsigned highest) {
  return (unsigned char)byte >= lowest && (unsigned char)byte <= highest;
}

/*
 * How many bytes at the beginning of `text` are a character, or could have
 * become one (1 at least), and whether they are one. RFC 3629, section 4.
 */
static size_t sequence_length(const char *text, size_t length, bool *is_sound) {
  unsigned char first = (unsigned char)text[0];
  unsigned lowest = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;
  unsigned highest = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
  size_t wanted = first < 0x80                    ? 1
                  : first >= 0xC2 && first < 0xE0 ? 2
                  : first >= 0xE0 && first < 0xF0 ? 3
                  : first >= 0xF0 && first < 0xF5 ? 4
                                                  : 0;
  size_t count = 1;

  while (count < wanted && count < length &&
         is_between(text[count], lowest, highest)) {
    count++;
    lowest = 0x80;
    highest = 0xBF;
  }
  *is_sound = count == wanted;
  return count;
}

/* Puts `raw` into a message as UTF-8, as far as whole characters go. */
static void put_utf8(char message[GLC_MESSAGE_SIZE], const char *raw) {
  size_t length = strlen(raw), used = 0;
  bool fits = true;

  while (length > 0 && fits) {
    bool is_sound;
    size_t count = sequence_length(raw, length, &is_sound);
    const char *character = is_sound ? raw : replacement;
    size_t size = is_sound ? count : sizeof replacement - 1;

    fits = used + size < GLC_MESSAGE_SIZE;
    if (fits) {
      memcpy(message + used, character, size);
      used += size;
      raw += count;
      length -= count;
    }
  }
  message[used] = '\0';
}

size_t glc_error_cut(const char *text, size_t length, size_t limit) {
  size_t back = 0;

  if (length <= limit) {
    return length;
  }
  while (back < 3 && back < limit &&
         is_between(text[limit - back], 0x80, 0xBF)) {
    back++;
  }
  return limit - back;
}

enum glc_code glc_error_set(struct glc_error *error, enum glc_code code,
                            const char *format, ...) {
  char raw[RAW_SIZE];
  va_list arguments;

  if (error != NULL) {
    va_start(arguments, format);
    if (vsnprintf(raw, sizeof raw, format, arguments) < 0) {
      raw[0] = '\0';
    }
    va_end(arguments);
    error->code = code;
    put_utf8(error->message, raw);
  }
  return code;
}

void glc_error_describe(int number, char *text, size_t size) {
  if (strerror_r(number, text, size) != 0) {
    text[0] = '\0';
  }
}
