#include "fields.h"

#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_LINE = 256 * 1024 };

/* Node and line are one block, so that they are freed as one. */
struct field_line {
  struct curl_slist node; /* first: libcurl's pointer is ours */
  size_t size;
  char text[];
};

/* In "name;" libcurl would read a ";" as its own sign. */
bool is_token(struct glc_bytes name) {
  static const char separators[] = "()<>@,;:\\\"/[]?={}";
  size_t i;

  for (i = 0; i < name.length; i++) {
    if (name.data[i] <= ' ' || name.data[i] > '~' ||
        strchr(separators, name.data[i]) != NULL) {
      return false;
    }
  }
  return name.length > 0;
}

/* A CR, LF or NUL would end the field and begin another. */
static bool is_one_line(struct glc_bytes value) {
  size_t i;

  for (i = 0; i < value.length; i++) {
    if (value.data[i] == '\r' || value.data[i] == '\n' ||
        value.data[i] == '\0') {
      return false;
    }
  }
  return true;
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

/* Appends the line name, separator, value. */
static enum glc_code append(struct fields *fields, struct glc_bytes name,
                            const char *separator, struct glc_bytes value,
                            struct glc_error *error) {
  const size_t between = strlen(separator);
  struct field_line *line;

  if (name.length > MAX_LINE || value.length > MAX_LINE - name.length) {
    return glc_error_set(error, GLC_INVALID,
                         "a request header is larger than %d bytes",
                         (int)MAX_LINE);
  }
  line = malloc(sizeof *line + name.length + between + value.length + 1);
  if (line == NULL) {
    return glc_error_set(error, GLC_NO_MEMORY, "no memory for a request");
  }
  line->size = name.length + between + value.length + 1;
  memcpy(line->text, name.data, name.length);
  memcpy(line->text + name.length, separator, between);
  if (value.length > 0) {
    memcpy(line->text + name.length + between, value.data, value.length);
  }
  line->text[line->size - 1] = '\0';
  line->node.data = line->text;
  line->node.next = NULL;
  if (fields->last != NULL) {
    fields->last->next = &line->node;
  } else {
    fields->first = &line->node;
  }
  fields->last = &line->node;
  return GLC_OK;
}

enum glc_code fields_add(struct fields *fields,
                         const struct glc_header *header,
                         struct glc_error *error) {
  const struct glc_bytes nothing = {"", 0};

  if (!is_token(header->name) || !is_one_line(header->value) ||
      is_framing(header->name)) {
    return glc_error_set(error, GLC_INVALID,
                         "the name or value of a request header cannot be "
                         "sent");
  }
  /* "Name;" is how libcurl is told to send a field without a value. */
  return is_blank(header->value)
             ? append(fields, header->name, ";", nothing, error)
             : append(fields, header->name, ": ", header->value, error);
}

enum glc_code fields_leave_out(struct fields *fields, const char *name,
                               struct glc_error *error) {
  const struct glc_bytes nothing = {"", 0};

  return append(fields, glc_bytes_of(name), ":", nothing, error);
}

void fields_free(struct fields *fields) {
  while (fields->first != NULL) {
    struct field_line *line = (struct field_line *)(void *)fields->first;

    fields->first = line->node.next;
    OPENSSL_cleanse(line->text, line->size);
    free(line);
  }
  fields->last = NULL;
}
