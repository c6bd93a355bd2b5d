#include "fields.h"

#include <openssl/crypto.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_LINE = 256 * 1024 };

/* What libcurl would add by itself, unless it is told otherwise. */
static const char *const own_fields[] = {"Accept", "Expect", "Content-Type",
                                         "Accept-Encoding"};
enum { OWN_FIELDS = sizeof own_fields / sizeof *own_fields };

/* Letters and "-" are most of them: they are known without a search. */
static bool is_token_byte(char byte) {
  static const char others[] = "0123456789!#$%&'*+.^_`|~";

  return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
         byte == '-' ||
         (byte != '\0' && strchr(others, byte) != NULL);
}

/* In "name;" libcurl would read a ";" as its own sign. */
bool is_token(struct glc_bytes name) {
  size_t i = 0;

  while (i < name.length && is_token_byte(name.data[i])) {
    i++;
  }
  return name.length > 0 && i == name.length;
}

/* A CR, LF or NUL would end the field and begin another. */
static bool is_one_line(struct glc_bytes value) {
  return value.length == 0 ||
         (memchr(value.data, '\r', value.length) == NULL &&
          memchr(value.data, '\n', value.length) == NULL &&
          memchr(value.data, '\0', value.length) == NULL);
}

bool begins_ignoring_case(struct glc_bytes bytes, const char *prefix) {
  size_t i = 0;

  while (i < bytes.length && prefix[i] != '\0' &&
         glc_byte_lower(bytes.data[i]) == prefix[i]) {
    i++;
  }
  return prefix[i] == '\0';
}

bool equals_ignoring_case(struct glc_bytes bytes, const char *text) {
  return bytes.length == strlen(text) && begins_ignoring_case(bytes, text);
}

/* libcurl takes a field of nothing but space for one without a value. */
static bool is_blank(struct glc_bytes value) {
  size_t i = 0;

  while (i < value.length && value.data[i] != '\0' &&
         strchr(" \t\v\f", value.data[i]) != NULL) {
    i++;
  }
  return i == value.length;
}

/* One that does not fit the body would make two requests of one. */
static bool is_framing(struct glc_bytes name) {
  return equals_ignoring_case(name, "content-length") ||
         equals_ignoring_case(name, "transfer-encoding");
}

/* The bytes of a field's line, and the NUL behind it. */
static size_t size_of(const struct glc_header *header) {
  return header->name.length + 2 + header->value.length + 1;
}

static enum glc_code judge(const struct glc_header *header,
                           struct glc_error *error) {
  enum glc_code code = GLC_OK;

  if (!is_token(header->name) || !is_one_line(header->value) ||
      is_framing(header->name)) {
    code = glc_error_set(error, GLC_INVALID,
                         "the name or value of a request header cannot be "
                         "sent");
  } else if (header->name.length > MAX_LINE ||
             header->value.length > MAX_LINE - header->name.length) {
    code = glc_error_set(error, GLC_INVALID,
                         "a request header is larger than %d bytes",
                         (int)MAX_LINE);
  }
  return code;
}

/* Finds out how large the block has to be: nodes first, then all lines. */
static enum glc_code measure(const struct glc_header *headers, size_t count,
                             size_t *size, struct glc_error *error) {
  const size_t room = SIZE_MAX / 2;
  size_t i;

  *size = 0;
  for (i = 0; i < OWN_FIELDS; i++) {
    *size += sizeof(struct curl_slist) + strlen(own_fields[i]) + 2;
  }
  for (i = 0; i < count; i++) {
    const enum glc_code code = judge(&headers[i], error);

    if (code != GLC_OK) {
      return code;
    }
    *size += sizeof(struct curl_slist) + size_of(&headers[i]);
    if (*size > room) {
      return glc_error_set(error, GLC_NO_MEMORY, "no memory for a request");
    }
  }
  return GLC_OK;
}

/* Writes the line name, separator, value; returns where the next begins. */
static char *write_line(char *to, struct glc_bytes name, const char *separator,
                        struct glc_bytes value) {
  memcpy(to, name.data, name.length);
  to += name.length;
  while (*separator != '\0') {
    *to++ = *separator++;
  }
  if (value.length > 0) {
    memcpy(to, value.data, value.length);
    to += value.length;
  }
  *to++ = '\0';
  return to;
}

static bool has(const struct glc_header *headers, size_t count,
                struct glc_bytes name) {
  size_t i = 0;

  while (i < count && !(headers[i].name.length == name.length &&
                        curl_strnequal(headers[i].name.data, name.data,
                                       name.length))) {
    i++;
  }
  return i < count;
}

/* The block is large enough for all nodes; those before `used` are linked. */
static void write_all(struct curl_slist *nodes,
                      const struct glc_header *headers, size_t count) {
  const struct glc_bytes nothing = {"", 0};
  char *text = (char *)(nodes + count + OWN_FIELDS);
  size_t used = 0, i;

  for (i = 0; i < OWN_FIELDS; i++) {
    const struct glc_bytes name = glc_bytes_of(own_fields[i]);

    /* "Name:" is how libcurl is told to send no such field. */
    if (!has(headers, count, name)) {
      nodes[used++].data = text;
      text = write_line(text, name, ":", nothing);
    }
  }
  for (i = 0; i < count; i++) {
    const bool blank = is_blank(headers[i].value);

    /* "Name;" is how it is told to send a field without a value. */
    nodes[used++].data = text;
    text = write_line(text, headers[i].name, blank ? ";" : ": ",
                      blank ? nothing : headers[i].value);
  }
  for (i = 0; i < used; i++) {
    nodes[i].next = i + 1 < used ? &nodes[i + 1] : NULL;
  }
}

enum glc_code fields_fill(struct fields *fields,
                          const struct glc_header *headers, size_t count,
                          struct glc_error *error) {
  size_t size;
  enum glc_code code = measure(headers, count, &size, error);

  if (code == GLC_OK) {
    fields->first = malloc(size);
    if (fields->first == NULL) {
      code = glc_error_set(error, GLC_NO_MEMORY, "no memory for a request");
    } else {
      fields->size = size;
      write_all(fields->first, headers, count);
    }
  }
  return code;
}

void fields_free(struct fields *fields) {
  if (fields->first != NULL) {
    OPENSSL_cleanse(fields->first, fields->size);
    free(fields->first);
    fields->first = NULL;
  }
}
