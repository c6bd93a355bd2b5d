#include "buffer.h"

#include <openssl/crypto.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_CAPACITY = 128 };

/* Keeps a capacity, its double and the NUL inside what a size_t holds. */
static const size_t largest_maximum = SIZE_MAX / 4;

struct glc_bytes glc_bytes_of(const char *text) {
  struct glc_bytes bytes = {text, strlen(text)};

  return bytes;
}

bool glc_bytes_equal(struct glc_bytes a, struct glc_bytes b) {
  return a.length == b.length &&
         (a.length == 0 || memcmp(a.data, b.data, a.length) == 0);
}

void glc_buffer_init(struct glc_buffer *buffer, size_t maximum) {
  memset(buffer, 0, sizeof *buffer);
  buffer->maximum = maximum < largest_maximum ? maximum : largest_maximum;
}

void glc_buffer_init_secret(struct glc_buffer *buffer, size_t maximum) {
  glc_buffer_init(buffer, maximum);
  buffer->secret = true;
}

/* Beyond its length a buffer has never held a secret that is not wiped. */
static void give_back(const struct glc_buffer *buffer, char *data) {
  if (buffer->secret && data != NULL) {
    OPENSSL_cleanse(data, buffer->length);
  }
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

/* Makes room for `more` bytes and the NUL behind them. */
static bool reserve(struct glc_buffer *buffer, size_t more) {
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

void glc_buffer_append(struct glc_buffer *buffer, struct glc_bytes bytes) {
  if (reserve(buffer, bytes.length)) {
    if (bytes.length > 0) {
      memcpy(buffer->data + buffer->length, bytes.data, bytes.length);
    }
    buffer->length += bytes.length;
    buffer->data[buffer->length] = '\0';
  }
}

void glc_buffer_append_text(struct glc_buffer *buffer, const char *text) {
  glc_buffer_append(buffer, glc_bytes_of(text));
}

void glc_buffer_append_hex(struct glc_buffer *buffer,
                           const unsigned char *data, size_t length) {
  static const char digits[] = "0123456789abcdef";
  size_t i;

  if (length <= SIZE_MAX / 2 && reserve(buffer, 2 * length)) {
    char *to = buffer->data + buffer->length;

    for (i = 0; i < length; i++) {
      *to++ = digits[data[i] >> 4];
      *to++ = digits[data[i] & 15];
    }
    *to = '\0';
    buffer->length += 2 * length;
  }
}

/* Not isalnum: that depends on the host program's locale. */
static bool is_unreserved(char byte) {
  return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
         (byte >= '0' && byte <= '9') || byte == '-' || byte == '.' ||
         byte == '_' || byte == '~';
}

void glc_buffer_append_encoded(struct glc_buffer *buffer, char byte) {
  static const char digits[] = "0123456789ABCDEF";

  if (is_unreserved(byte)) {
    glc_buffer_append_byte(buffer, byte);
  } else {
    unsigned char code = (unsigned char)byte;
    char triple[3] = {'%', digits[code >> 4], digits[code & 15]};
    struct glc_bytes bytes = {triple, 3};

    glc_buffer_append(buffer, bytes);
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
