#include "row.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const char *const names[] = {
#define GLC_NAME(symbol, name) name,
    GLC_ARCHIVE_FIELDS(GLC_NAME)
#undef GLC_NAME
};

void row_init(struct row *row) {
  memset(row, 0, sizeof *row);
  glc_buffer_init(&row->raw, ROW_MAX);
  glc_buffer_init(&row->text, ROW_MAX);
}

void row_free(struct row *row) {
  glc_buffer_free(&row->raw);
  glc_buffer_free(&row->text);
}

void row_begin(struct row *row) {
  row->number++;
  row->is_long = false;
  row->problem[0] = '\0';
  glc_buffer_reset(&row->raw);
  glc_buffer_reset(&row->text);
}

bool row_keep(struct row *row, struct glc_bytes bytes, size_t limit) {
  const size_t room = limit - row->raw.length;
  const bool fits = bytes.length <= room;

  if (!fits) {
    bytes.length = room;
  }
  if (bytes.length > 0) {
    glc_buffer_append(&row->raw, bytes);
  }
  return fits;
}

void row_refuse(struct row *row, const char *format, ...) {
  va_list arguments;

  if (row->problem[0] == '\0') {
    va_start(arguments, format);
    (void)vsnprintf(row->problem, sizeof row->problem, format, arguments);
    va_end(arguments);
  }
}

static bool is_digit(char byte) {
  return byte >= '0' && byte <= '9';
}

static bool is_hex(char byte) {
  return is_digit(byte) || (byte >= 'a' && byte <= 'f') ||
         (byte >= 'A' && byte <= 'F');
}

/* No byte of it is a blank, a control character, a comma or a quote. */
static bool is_id(struct glc_bytes text) {
  size_t i;

  for (i = 0; i < text.length; i++) {
    if (text.data[i] <= ' ' || text.data[i] > '~' || text.data[i] == ',' ||
        text.data[i] == '"') {
      return false;
    }
  }
  return text.length > 0;
}

/* A whole number below 2^63 in decimal digits. */
static bool read_size(struct glc_bytes text, uint64_t *size) {
  uint64_t value = 0;
  size_t i;

  for (i = 0; i < text.length; i++) {
    uint64_t digit = (uint64_t)(text.data[i] - '0');

    if (!is_digit(text.data[i]) ||
        value > ((uint64_t)INT64_MAX - digit) / 10) {
      return false;
    }
    value = 10 * value + digit;
  }
  *size = value;
  return text.length > 0;
}

/* "2013-12-19T08:33:01Z", with a fraction or another zone or none, or empty. */
static bool is_date(struct glc_bytes text) {
  static const char form[] = "0000-00-00T00:00:00";
  size_t i;

  if (text.length == 0) {
    return true;
  }
  if (text.length < sizeof form - 1) {
    return false;
  }
  for (i = 0; i < text.length; i++) {
    char byte = text.data[i];
    bool fits = i >= sizeof form - 1
                    ? is_digit(byte) || strchr(".:+-Z", byte) != NULL
                    : (form[i] == '0' ? is_digit(byte) : byte == form[i]);

    if (!fits || byte == '\0') {
      return false;
    }
  }
  return true;
}

static bool is_tree_hash(struct glc_bytes text) {
  size_t i;

  for (i = 0; i < text.length; i++) {
    if (!is_hex(text.data[i])) {
      return false;
    }
  }
  return text.length == 64;
}

void row_check(struct row *row, struct glc_archive *archive) {
  const struct glc_bytes *fields = archive->fields;

  if (!is_id(fields[GLC_ARCHIVE_ID])) {
    row_refuse(row, "ArchiveId is none");
  } else if (!is_date(fields[GLC_ARCHIVE_CREATED])) {
    row_refuse(row, "CreationDate is no time");
  } else if (!read_size(fields[GLC_ARCHIVE_SIZE], &archive->size)) {
    row_refuse(row, "Size is no number of bytes");
  } else if (!is_tree_hash(fields[GLC_ARCHIVE_TREE_HASH])) {
    row_refuse(row, "SHA256TreeHash is no hash of 64 digits");
  }
}

enum glc_code row_memory(const struct row *row, struct glc_error *error) {
  if (row->raw.failure == GLC_NO_MEMORY || row->text.failure == GLC_NO_MEMORY) {
    return glc_error_set(error, GLC_NO_MEMORY, "no memory for a row");
  }
  return GLC_OK;
}

enum glc_archive_field row_field(struct glc_bytes name) {
  size_t i;

  for (i = 0; i < GLC_ARCHIVE_FIELD_COUNT; i++) {
    if (name.length == strlen(names[i]) &&
        memcmp(name.data, names[i], name.length) == 0) {
      break;
    }
  }
  return (enum glc_archive_field)i;
}

const char *row_name(enum glc_archive_field field) {
  return names[field];
}
