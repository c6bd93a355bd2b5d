/* What the fuzz programs share: requirements, and a growing text of a model. */
#ifndef FUZZ_H
#define FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "buffer.h"

/* Ends the program, which libFuzzer takes for a find. */
#define REQUIRE(condition)                                             \
  do {                                                                 \
    if (!(condition)) {                                                \
      (void)fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, \
                    #condition);                                       \
      abort();                                                         \
    }                                                                  \
  } while (0)

/* Bytes of a model, which uses nothing of what is tested. */
struct text {
  char *data;
  size_t length;
};

static inline void text_add(struct text *text, const char *data,
                            size_t length) {
  char *grown = realloc(text->data, text->length + length + 1);

  REQUIRE(grown != NULL);
  text->data = grown;
  if (length > 0) {
    memcpy(text->data + text->length, data, length);
  }
  text->length += length;
  text->data[text->length] = '\0';
}

static inline void text_add_byte(struct text *text, char byte) {
  text_add(text, &byte, 1);
}

static inline void text_drop(struct text *text) {
  free(text->data);
  text->data = NULL;
  text->length = 0;
}

/* Order by bytes, a prefix first. */
static inline int text_compare(const struct text *a, const struct text *b) {
  const size_t shorter = a->length < b->length ? a->length : b->length;
  const int order = shorter > 0 ? memcmp(a->data, b->data, shorter) : 0;

  return order != 0 ? order : (a->length > b->length) - (a->length < b->length);
}

/* The bytes up to the next mark, or to the end; *rest moves behind it. */
static inline struct glc_bytes fuzz_cut(struct glc_bytes *rest, char mark) {
  const char *end =
      rest->length > 0 ? memchr(rest->data, mark, rest->length) : NULL;
  struct glc_bytes piece = *rest;

  piece.length = end != NULL ? (size_t)(end - rest->data) : rest->length;
  rest->data += piece.length + (end != NULL);
  rest->length -= piece.length + (end != NULL);
  return piece;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
