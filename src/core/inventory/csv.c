#include "csv.h"

#include <string.h>

/* Cuts `text` at its first comma; false: there is none. */
static bool cut_first(struct glc_bytes *text, struct glc_bytes *field) {
  const char *comma =
      text->length > 0 ? memchr(text->data, ',', text->length) : NULL;

  if (comma != NULL) {
    field->data = text->data;
    field->length = (size_t)(comma - text->data);
    text->length -= field->length + 1;
    text->data = comma + 1;
  }
  return comma != NULL;
}

/* The same at its last comma. */
static bool cut_last(struct glc_bytes *text, struct glc_bytes *field) {
  size_t at = text->length;

  while (at > 0 && text->data[at - 1] != ',') {
    at--;
  }
  if (at > 0) {
    field->data = text->data + at;
    field->length = text->length - at;
    text->length = at - 1;
  }
  return at > 0;
}

/* Any field may stand in quotes. */
static bool unquote(struct glc_bytes *field) {
  const bool is_quoted = field->length >= 2 && field->data[0] == '"' &&
                         field->data[field->length - 1] == '"';

  if (is_quoted) {
    field->data++;
    field->length -= 2;
  }
  return is_quoted;
}

/* In quotes a quote is written \", and a backslash as it is. */
static struct glc_bytes read_description(struct row *row,
                                         struct glc_bytes field) {
  const char *end, *quote;

  if (!unquote(&field) ||
      memchr(field.data, '\\', field.length) == NULL) {
    return field;
  }
  end = field.data + field.length;
  while ((quote = memchr(field.data, '"', (size_t)(end - field.data))) !=
         NULL) {
    struct glc_bytes before = {field.data, (size_t)(quote - field.data)};

    if (before.length > 0 && quote[-1] == '\\') {
      before.length--;
    }
    glc_buffer_append(&row->text, before);
    glc_buffer_append_byte(&row->text, '"');
    field.data = quote + 1;
  }
  field.length = (size_t)(end - field.data);
  glc_buffer_append(&row->text, field);
  return glc_buffer_bytes(&row->text);
}

static size_t count_columns(struct glc_bytes line) {
  struct glc_bytes field;
  size_t count = 1;

  while (cut_first(&line, &field)) {
    count++;
  }
  return count;
}

static void refuse_columns(const struct csv *csv, struct row *row,
                           struct glc_bytes line) {
  row_refuse(row, "it has %lu columns, not %lu",
             (unsigned long)count_columns(line), (unsigned long)csv->columns);
}

static void take_field(const struct csv *csv, struct glc_archive *archive,
                       size_t column, struct glc_bytes field) {
  if (csv->fields[column] != GLC_ARCHIVE_FIELD_COUNT) {
    (void)unquote(&field);
    archive->fields[csv->fields[column]] = field;
  }
}

/*
 * From the left up to the description, then from the right down to it: commas
 * may be in that one alone.
 */
static void read_row(const struct csv *csv, struct row *row,
                     struct glc_archive *archive) {
  const struct glc_bytes line = glc_buffer_bytes(&row->raw);
  const bool has_description = csv->description < csv->columns;
  const size_t last = csv->columns - 1;
  const size_t left = has_description ? csv->description : last;
  struct glc_bytes rest = line, field = {"", 0};
  size_t column;

  for (column = 0; column < left; column++) {
    if (!cut_first(&rest, &field)) {
      refuse_columns(csv, row, line);
      return;
    }
    take_field(csv, archive, column, field);
  }
  for (column = last; column > left; column--) {
    if (!cut_last(&rest, &field)) {
      refuse_columns(csv, row, line);
      return;
    }
    take_field(csv, archive, column, field);
  }
  if (has_description) {
    archive->fields[GLC_ARCHIVE_DESCRIPTION] = read_description(row, rest);
  } else if (rest.length > 0 && memchr(rest.data, ',', rest.length) != NULL) {
    refuse_columns(csv, row, line);
  } else {
    take_field(csv, archive, left, rest);
  }
  row_check(row, archive);
}

/* A name is what is left without quotes and blanks. */
static struct glc_bytes trim(struct glc_bytes name) {
  while (name.length > 0 && name.data[0] == ' ') {
    name.data++;
    name.length--;
  }
  while (name.length > 0 && name.data[name.length - 1] == ' ') {
    name.length--;
  }
  (void)unquote(&name);
  return name;
}

static bool has_column(const struct csv *csv, enum glc_archive_field field) {
  size_t i;

  for (i = 0; i < csv->columns && csv->fields[i] != field; i++) {
  }
  return i < csv->columns;
}

static enum glc_code read_name(struct csv *csv, struct glc_bytes name,
                               struct glc_error *error) {
  enum glc_archive_field field = row_field(trim(name));

  if (csv->columns == CSV_COLUMNS) {
    return glc_error_set(error, GLC_PROTOCOL,
                         "the inventory's first line has more than %d columns",
                         CSV_COLUMNS);
  }
  if (field != GLC_ARCHIVE_FIELD_COUNT && has_column(csv, field)) {
    return glc_error_set(error, GLC_PROTOCOL,
                         "the inventory's first line names the column %s twice",
                         row_name(field));
  }
  if (field == GLC_ARCHIVE_DESCRIPTION) {
    csv->description = csv->columns;
  }
  csv->fields[csv->columns++] = field;
  return GLC_OK;
}

/* The first line: the names of the columns, in any order. */
static enum glc_code read_names(struct csv *csv, struct row *row,
                                struct glc_error *error) {
  static const enum glc_archive_field needed[] = {
      GLC_ARCHIVE_ID, GLC_ARCHIVE_SIZE, GLC_ARCHIVE_TREE_HASH};
  struct glc_bytes line = glc_buffer_bytes(&row->raw), name;
  enum glc_code code = GLC_OK;
  size_t i;

  csv->description = CSV_COLUMNS;
  while (code == GLC_OK && cut_first(&line, &name)) {
    code = read_name(csv, name, error);
  }
  if (code == GLC_OK) {
    code = read_name(csv, line, error);
  }
  for (i = 0; code == GLC_OK && i < sizeof needed / sizeof *needed; i++) {
    if (!has_column(csv, needed[i])) {
      code = glc_error_set(error, GLC_PROTOCOL,
                           "it is no inventory: it does not begin as JSON, and "
                           "its first line names no column %s",
                           row_name(needed[i]));
    }
  }
  return code;
}

/* The line is whole. READ_MORE: it is no row. */
static enum outcome end_line(struct csv *csv, struct row *row,
                             struct glc_archive *archive,
                             struct glc_error *error) {
  struct glc_buffer *raw = &row->raw;

  csv->is_begun = false;
  if (row_memory(row, error) != GLC_OK) {
    return READ_FAILED;
  }
  if (raw->length > 0 && raw->data[raw->length - 1] == '\r' && !row->is_long) {
    glc_buffer_truncate(raw, raw->length - 1);
  }
  if (raw->length == 0) {
    return READ_MORE;
  }
  if (csv->columns == 0) {
    return read_names(csv, row, error) == GLC_OK ? READ_MORE : READ_FAILED;
  }
  if (row->is_long) {
    row_refuse(row, "it is longer than %d bytes", ROW_MAX);
  } else {
    read_row(csv, row, archive);
  }
  return row_memory(row, error) == GLC_OK ? READ_ROW : READ_FAILED;
}

enum outcome csv_read(struct csv *csv, struct input *input, struct row *row,
                      struct glc_archive *archive, struct glc_error *error) {
  enum outcome outcome = READ_MORE;

  while (outcome == READ_MORE && input->at < input->end) {
    const size_t left = (size_t)(input->end - input->at);
    const char *newline = memchr(input->at, '\n', left);
    struct glc_bytes piece = {
        input->at, newline != NULL ? (size_t)(newline - input->at) : left};

    if (!csv->is_begun) {
      row_begin(row);
      csv->is_begun = true;
    }
    if (!row_keep(row, piece, ROW_MAX)) {
      row->is_long = true;
    }
    input->at += piece.length;
    if (newline != NULL) {
      input->at++;
      outcome = end_line(csv, row, archive, error);
    }
  }
  return outcome;
}

enum outcome csv_finish(struct csv *csv, struct row *row,
                        struct glc_archive *archive, struct glc_error *error) {
  enum outcome outcome = READ_MORE;

  if (csv->is_begun) {
    outcome = end_line(csv, row, archive, error);
  }
  if (outcome == READ_MORE && csv->columns == 0) {
    glc_error_set(error, GLC_PROTOCOL,
                  "the inventory is empty: even of an empty vault it is not");
    outcome = READ_FAILED;
  }
  return outcome;
}
