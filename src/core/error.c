/*
 * Two functions are called strerror_r. The GNU one, which a compiler may be
 * told to prefer, does not write its text where it is asked to.
 */
#undef _GNU_SOURCE
#undef _POSIX_C_SOURCE
#define _POSIX_C_SOURCE 200809L /* strerror_r */

#include "error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

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

enum glc_code glc_error_set(struct glc_error *error, enum glc_code code,
                            const char *format, ...) {
  va_list arguments;

  if (error != NULL) {
    error->code = code;
    va_start(arguments, format);
    (void)vsnprintf(error->message, sizeof error->message, format, arguments);
    va_end(arguments);
  }
  return code;
}

enum glc_code glc_error_of_request(struct glc_error *error,
                                   enum glc_code code) {
  if (code == GLC_TOO_LARGE) {
    code = GLC_INVALID;
    if (error != NULL) {
      error->code = code;
    }
  }
  return code;
}

void glc_error_describe(int number, char *text, size_t size) {
  if (strerror_r(number, text, size) != 0) {
    text[0] = '\0';
  }
}
