#include "buffer.h"

#include <openssl/crypto.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_CAPACITY = 128 };

/* Keeps a capacity, its double and the NUL inside what a size_t holds. */
static const size_t largest_maximum = SIZE_MAX / 4;

void glc_buffer_init(struct glc_buffer *buffer, size_t maximum) {
  memset(buffer, 0, sizeof *buffer);
  buffer->maximum = maximum < largest_maximum ? maximum : largest_maximum;
}

void glc_buffer_init_secret(struct glc_buffer *buffer, size_t maximum) {
  glc_buffer_init(buffer, maximum);
  buffer->secret = true;
}

static void give_back(struct glc_buffer *buffer, char *data) {
  if (buffer->secret && data != NULL) {
    OPENSSL_cleanse(data, buffer->length > buffer->stained ? buffer->length
                                                           : buffer->stained);
  }
  buffer->stained = 0;
  free(data);
}

/* malloc and copy, not realloc: realloc would leave secrets behind. */
static bool grow(struct glc_buffer *buffer, size_t capacity) {
  char *data = malloc(capacity);

  if (data != NULL) {
    if (buffer->length > 0) {
      memcpy(data, buffer->data, buffer->length);
    }
    data[buffer->length] = '\0';
    give_back(buffer, buffer->data);
    buffer->data = data;
    buffer->capacity = capacity;
  }
  return data != NULL;
}

void glc_buffer_reserve(struct glc_buffer *buffer, size_t capacity) {
  if (capacity > buffer->maximum) {
    capacity = buffer->maximum;
  }
  if (capacity >= buffer->capacity) {
    (void)grow(buffer, capacity + 1);
  }
}

/* Shrinking may move the bytes, so secrets stay where they are. */
void glc_buffer_fit(struct glc_buffer *buffer) {
  char *data = NULL;

  if (!buffer->secret && buffer->length + 1 < buffer->capacity) {
    data = realloc(buffer->data, buffer->length + 1);
  }
  if (data != NULL) {
    buffer->data = data;
    buffer->capacity = buffer->length + 1;
  }
}

/* The NUL behind them has its place, too. */
bool glc_buffer_make_room(struct glc_buffer *buffer, size_t more) {
  size_t needed;
  size_t capacity;

  if (buffer->failure != GLC_OK) {
    return false;
  }
  if (more > buffer->maximum - buffer->length) {
    buffer->failure = GLC_TOO_LARGE;
    return false;
  }
  needed = buffer->length + more + 1;
  if (needed <= buffer->capacity) {
    return true;
  }
  capacity = buffer->capacity > 0 ? buffer->capacity : FIRST_CAPACITY;
  while (capacity < needed) {
    capacity *= 2;
  }
  if (capacity > buffer->maximum + 1) {
    capacity = buffer->maximum + 1;
  }
  if (!grow(buffer, capacity)) {
    buffer->failure = GLC_NO_MEMORY;
    return false;
  }
  return true;
}

void glc_buffer_append_beyond(struct glc_buffer *buffer,
                              struct glc_bytes bytes) {
  if (glc_buffer_make_room(buffer, bytes.length)) {
    if (bytes.length > 0) {
      memcpy(buffer->data + buffer->length, bytes.data, bytes.length);
    }
    buffer->length += bytes.length;
    buffer->data[buffer->length] = '\0';
  }
}

void glc_buffer_append_hex(struct glc_buffer *buffer,
                           const unsigned char *data, size_t length) {
  static const char digits[] = "0123456789abcdef";
  size_t i;

  if (length <= SIZE_MAX / 2 && glc_buffer_make_room(buffer, 2 * length)) {
    char *to = buffer->data + buffer->length;

    for (i = 0; i < length; i++) {
      const unsigned byte = data[i]; /* once: what is written may alias it */

      *to++ = digits[byte >> 4];
      *to++ = digits[byte & 15];
    }
    *to = '\0';
    buffer->length += 2 * length;
  }
}

void glc_buffer_append_encoded(struct glc_buffer *buffer,
                               struct glc_bytes bytes, char kept) {
  static const char digits[] = "0123456789ABCDEF";
  const char *at = bytes.data;
  const char *const end = bytes.data + bytes.length;

  while (at < end) {
    struct glc_bytes run = {at, 0};

    while (at < end && (glc_byte_is_unreserved(*at) ||
                        (*at == kept && kept != '\0'))) {
      at++;
    }
    run.length = (size_t)(at - run.data);
    glc_buffer_append(buffer, run);
    if (at < end) {
      const unsigned char byte = (unsigned char)*at++;
      const char triple[3] = {'%', digits[byte >> 4], digits[byte & 15]};
      const struct glc_bytes encoded = {triple, sizeof triple};

      glc_buffer_append(buffer, encoded);
    }
  }
}

void glc_buffer_truncate(struct glc_buffer *buffer, size_t length) {
  if (length < buffer->length) {
    if (buffer->secret) {
      OPENSSL_cleanse(buffer->data + length, buffer->length - length);
    }
    buffer->length = length;
    buffer->data[length] = '\0';
  }
}

void glc_buffer_reset(struct glc_buffer *buffer) {
  glc_buffer_truncate(buffer, 0);
  buffer->failure = GLC_OK;
}

void glc_buffer_rewind(struct glc_buffer *buffer) {
  if (buffer->length > buffer->stained) {
    buffer->stained = buffer->length;
  }
  buffer->length = 0;
  if (buffer->data != NULL) {
    buffer->data[0] = '\0';
  }
  buffer->failure = GLC_OK;
}

struct glc_bytes glc_buffer_bytes(const struct glc_buffer *buffer) {
  struct glc_bytes bytes = {"", 0};

  if (buffer->data != NULL) {
    bytes.data = buffer->data;
    bytes.length = buffer->length;
  }
  return bytes;
}

enum glc_code glc_buffer_check(const struct glc_buffer *buffer,
                               const char *what, struct glc_error *error) {
  switch (buffer->failure) {
  case GLC_OK:
    return GLC_OK;
  case GLC_TOO_LARGE:
    return glc_error_set(error, GLC_TOO_LARGE,
                         "%s is larger than %lu bytes", what,
                         (unsigned long)buffer->maximum);
  default:
    return glc_error_set(error, buffer->failure, "no memory for %s", what);
  }
}

void glc_buffer_free(struct glc_buffer *buffer) {
  give_back(buffer, buffer->data);
  buffer->data = NULL;
  buffer->length = 0;
  buffer->capacity = 0;
  buffer->failure = GLC_OK;
}
