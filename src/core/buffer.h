/* Bytes: borrowed (struct glc_bytes) and owned (struct glc_buffer). */
#ifndef GLC_BUFFER_H
#define GLC_BUFFER_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "error.h"

#pragma GCC visibility push(hidden)

/* Borrowed bytes: valid as long as their owner is. May hold NUL. */
struct glc_bytes {
  const char *data;
  size_t length;
};

/* A header field of a request or a response, borrowed. */
struct glc_header {
  struct glc_bytes name;
  struct glc_bytes value;
};

/*
 * A growing buffer with a stated maximum. Failure is sticky: after the first
 * append that did not fit (GLC_TOO_LARGE) or found no memory (GLC_NO_MEMORY)
 * every later one does nothing, so a run of appends is checked once, by
 * glc_buffer_check. Where `data` is not NULL, data[length] is NUL.
 */
struct glc_buffer {
  char *data;
  size_t length;
  size_t capacity;
  size_t maximum;
  /* Bytes from the first on that may hold a secret; no fewer than length. */
  size_t stained;
  enum glc_code failure;
  bool secret;
};

/* Bytes of a NUL-terminated text. */
static inline struct glc_bytes glc_bytes_of(const char *text) {
  const struct glc_bytes bytes = {text, strlen(text)};

  return bytes;
}

/* An upper-case letter of ASCII made lower-case, whatever the locale is. */
static inline char glc_byte_lower(char byte) {
  if (byte >= 'A' && byte <= 'Z') {
    byte = (char)(byte + ('a' - 'A'));
  }
  return byte;
}

/* RFC 3986 2.3. Not isalnum: that depends on the host program's locale. */
static inline bool glc_byte_is_unreserved(char byte) {
  return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
         (byte >= '0' && byte <= '9') || byte == '-' || byte == '.' ||
         byte == '_' || byte == '~';
}

/* Whether both hold the same bytes; not for secrets. */
static inline bool glc_bytes_equal(struct glc_bytes a, struct glc_bytes b) {
  return a.length == b.length &&
         (a.length == 0 || memcmp(a.data, b.data, a.length) == 0);
}

/* Makes an empty buffer of at most `maximum` bytes; allocates nothing. */
void glc_buffer_init(struct glc_buffer *buffer, size_t maximum);

/* As glc_buffer_init; the storage is wiped whenever it is given back. */
void glc_buffer_init_secret(struct glc_buffer *buffer, size_t maximum);

/*
 * Makes room for `capacity` bytes in all, up to the maximum, as far as there
 * is memory. No failure: appending finds out.
 */
void glc_buffer_reserve(struct glc_buffer *buffer, size_t capacity);

/* Gives back what storage is not used, where that costs no copy of ours. */
void glc_buffer_fit(struct glc_buffer *buffer);

/*
 * Makes room for `more` bytes: appending these moves nothing. False: the buffer
 * has failed, now or before.
 */
bool glc_buffer_make_room(struct glc_buffer *buffer, size_t more);

/* Appends what does not fit; for glc_buffer_append. */
void glc_buffer_append_beyond(struct glc_buffer *buffer,
                              struct glc_bytes bytes);

/*
 * Appends bytes, a NUL-terminated text, or one byte: the way all bytes of a
 * request to sign go, so it is short where there is room.
 */
static inline void glc_buffer_append(struct glc_buffer *buffer,
                                     struct glc_bytes bytes) {
  if (bytes.length > 0 && bytes.length < buffer->capacity - buffer->length &&
      buffer->failure == GLC_OK) {
    memcpy(buffer->data + buffer->length, bytes.data, bytes.length);
    buffer->length += bytes.length;
    buffer->data[buffer->length] = '\0';
  } else {
    glc_buffer_append_beyond(buffer, bytes);
  }
}

static inline void glc_buffer_append_text(struct glc_buffer *buffer,
                                          const char *text) {
  glc_buffer_append(buffer, glc_bytes_of(text));
}

static inline void glc_buffer_append_byte(struct glc_buffer *buffer,
                                          char byte) {
  const struct glc_bytes bytes = {&byte, 1};

  glc_buffer_append(buffer, bytes);
}

/* Appends two lower-case hexadecimal digits for each of `length` bytes. */
void glc_buffer_append_hex(struct glc_buffer *buffer,
                           const unsigned char *data, size_t length);

/*
 * Appends bytes percent-encoded (RFC 3986, upper-case digits) but for those
 * that are unreserved, and for `kept`, which is NUL where there is no such.
 */
void glc_buffer_append_encoded(struct glc_buffer *buffer,
                               struct glc_bytes bytes, char kept);

/* Cuts the buffer back to `length` bytes; the storage stays. */
void glc_buffer_truncate(struct glc_buffer *buffer, size_t length);

/* Empties the buffer and forgets its failure; the storage stays. */
void glc_buffer_reset(struct glc_buffer *buffer);

/*
 * The same for one that is written again at once: a secret that was in it is
 * wiped when the storage is given back, and not before.
 */
void glc_buffer_rewind(struct glc_buffer *buffer);

/* The content, borrowed until the next change; never a NULL pointer. */
struct glc_bytes glc_buffer_bytes(const struct glc_buffer *buffer);

/* GLC_OK, or the sticky failure, described with `what` the buffer holds. */
enum glc_code glc_buffer_check(const struct glc_buffer *buffer,
                               const char *what, struct glc_error *error);

/* Gives the storage back; the buffer is empty and may be used again. */
void glc_buffer_free(struct glc_buffer *buffer);

#pragma GCC visibility pop

#endif
