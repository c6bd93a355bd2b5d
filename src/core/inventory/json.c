#include "json.h"

#include <string.h>

/* The depth of an item of ArchiveList, which is in a list in an object. */
enum { ITEM_DEPTH = 2, MEMBER_DEPTH = 3 };

static enum outcome refuse(const struct row *row, const char *expected,
                           const char *at, struct glc_error *error) {
  glc_error_set(error, GLC_PROTOCOL,
                "the inventory is no JSON after row %llu: where %s was "
                "expected it has the byte 0x%02x",
                (unsigned long long)row->number, expected,
                (unsigned)(unsigned char)*at);
  return READ_FAILED;
}

static bool is_object(const struct json *json) {
  return json->depth > 0 && (json->objects >> (json->depth - 1) & 1) != 0;
}

/* An item of ArchiveList is over: the archive, or what is wrong with it. */
static void end_row(struct json *json, struct row *row,
                    struct glc_archive *archive) {
  const struct glc_bytes text = glc_buffer_bytes(&row->text);
  size_t i;

  json->is_row = false;
  if (row->text.failure == GLC_TOO_LARGE) {
    row_refuse(row, "it is longer than %d bytes", ROW_MAX);
    return;
  }
  for (i = 0; i < GLC_ARCHIVE_FIELD_COUNT; i++) {
    const struct json_member *member = &json->members[i];

    archive->fields[i].data = text.data + member->begin;
    archive->fields[i].length = member->length;
    if (member->length > 0 && member->is_number != (i == GLC_ARCHIVE_SIZE)) {
      row_refuse(row, "%s is %s", row_name((enum glc_archive_field)i),
                 i == GLC_ARCHIVE_SIZE ? "no number" : "no string");
    }
  }
  row_check(row, archive);
}

/* A value is over, whatever it was. */
static enum outcome end_value(struct json *json, struct row *row,
                              struct glc_archive *archive) {
  json->is_kept = false;
  json->state = json->depth == 0 ? JSON_END : JSON_NEXT;
  if (json->is_row && json->depth == ITEM_DEPTH) {
    end_row(json, row, archive);
    return READ_ROW;
  }
  return READ_MORE;
}

static enum outcome end_string(struct json *json, struct row *row,
                               struct glc_archive *archive) {
  json_text_end_pair(&json->text, row);
  if (json->is_name) {
    json->is_name = false;
    json->state = JSON_COLON;
    return READ_MORE;
  }
  if (json->is_kept) {
    struct json_member *member = &json->members[json->field];

    member->length = row->text.length - member->begin;
    member->is_number = false;
  }
  return end_value(json, row, archive);
}

/* `at` is behind the word. null counts as an empty string. */
static enum outcome end_word(struct json *json, struct row *row,
                             struct glc_archive *archive, const char *at,
                             struct glc_error *error) {
  const struct glc_bytes word = json_text_word(&json->text);

  if (!json_text_is_value(&json->text)) {
    return refuse(row, "a value", at, error);
  }
  if (json->is_kept) {
    struct json_member *member = &json->members[json->field];
    const bool is_null = glc_bytes_equal(word, glc_bytes_of("null"));

    member->is_number = true;
    member->length = 0;
    if (!is_null) {
      glc_buffer_append(&row->text, word);
      member->length = row->text.length - member->begin;
    }
  }
  return end_value(json, row, archive);
}

/* An object or a list begins. */
static enum outcome descend(struct json *json, struct row *row, bool object,
                            struct glc_error *error) {
  const uint64_t bit = (uint64_t)1 << (json->depth % JSON_DEPTH);

  if (json->depth == JSON_DEPTH) {
    glc_error_set(error, GLC_PROTOCOL,
                  "the inventory is nested deeper than %d levels after row "
                  "%llu",
                  JSON_DEPTH, (unsigned long long)row->number);
    return READ_FAILED;
  }
  if (json->is_kept) {
    row_refuse(row, "%s is a list or an object", row_name(json->field));
    json->is_kept = false;
  }
  json->objects = object ? json->objects | bit : json->objects & ~bit;
  json->depth++;
  json->state = object ? JSON_FIRST_NAME : JSON_FIRST_VALUE;
  return READ_MORE;
}

static enum outcome ascend(struct json *json, struct row *row,
                           struct glc_archive *archive) {
  json->depth--;
  if (json->depth == 1) {
    json->is_list = false;
  }
  return end_value(json, row, archive);
}

/* An item of ArchiveList begins; `at` is where. */
static void begin_row(struct json *json, struct row *row, const char *at) {
  row_begin(row);
  memset(json->members, 0, sizeof json->members);
  json->is_row = true;
  if (*at != '{') {
    row_refuse(row, "it is no object");
  }
}

static enum outcome begin_value(struct json *json, const char *at,
                                struct row *row, struct glc_error *error) {
  const bool is_list_value = json->depth == 1 && is_object(json) &&
                             glc_bytes_equal(json_text_word(&json->text),
                                             glc_bytes_of("ArchiveList"));

  if (json->is_list && json->depth == ITEM_DEPTH) {
    begin_row(json, row, at);
  }
  json->is_kept = json->is_row && json->depth == MEMBER_DEPTH &&
                  is_object(json) && json->field != GLC_ARCHIVE_FIELD_COUNT;
  if (json->is_kept) {
    json->members[json->field].begin = row->text.length;
    json->members[json->field].length = 0;
  }
  if (json->depth == 0 && *at != '{') {
    return refuse(row, "an object", at, error);
  }
  if (is_list_value && *at != '[') {
    return refuse(row, "the list ArchiveList", at, error);
  }
  if (*at == '{' || *at == '[') {
    if (is_list_value) {
      json->is_list = json->had_list = true;
    }
    return descend(json, row, *at == '{', error);
  }
  json->text.word_length = 0;
  if (*at == '"') {
    json->text.target = json->is_kept ? TEXT_ROW : TEXT_NOWHERE;
    json->state = JSON_STRING;
  } else if (json_text_is_word_byte(*at)) {
    struct glc_bytes first = {at, 1};

    json->text.target = TEXT_WORD;
    json_text_append(&json->text, row, first);
    json->state = JSON_WORD;
  } else {
    return refuse(row, "a value", at, error);
  }
  return READ_MORE;
}

/* What stands in a string up to its end, or to a backslash. */
static enum outcome read_string(struct json *json, struct input *input,
                                struct row *row, struct glc_archive *archive) {
  struct glc_bytes run = {input->at, 0};
  const char *at = input->at;

  while (at < input->end && *at != '"' && *at != '\\') {
    at++;
  }
  run.length = (size_t)(at - input->at);
  if (run.length > 0) {
    json_text_end_pair(&json->text, row);
    json_text_append(&json->text, row, run);
  }
  input->at = at;
  if (at < input->end) {
    input->at++;
    if (*at == '"') {
      return end_string(json, row, archive);
    }
    json->state = JSON_ESCAPE;
  }
  return READ_MORE;
}

/* Between the values: white space is skipped already. */
static enum outcome read_mark(struct json *json, const char *at,
                              struct row *row, struct glc_archive *archive,
                              struct glc_error *error) {
  const bool object = is_object(json);

  switch (json->state) {
    case JSON_NAME:
    case JSON_FIRST_NAME:
      if (*at == '"') {
        json->state = JSON_STRING;
        json->is_name = true;
        json->text.target = TEXT_WORD;
        json->text.word_length = 0;
        return READ_MORE;
      }
      if (*at == '}' && json->state == JSON_FIRST_NAME) {
        return ascend(json, row, archive);
      }
      return refuse(row, "a member's name", at, error);
    case JSON_COLON:
      if (*at != ':') {
        return refuse(row, "a colon", at, error);
      }
      if (json->is_row && json->depth == MEMBER_DEPTH) {
        json->field = row_field(json_text_word(&json->text));
      }
      json->state = JSON_VALUE;
      return READ_MORE;
    case JSON_NEXT:
      if (*at == ',') {
        json->state = object ? JSON_NAME : JSON_VALUE;
        return READ_MORE;
      }
      if (*at == (object ? '}' : ']')) {
        return ascend(json, row, archive);
      }
      return refuse(row, object ? "a comma or }" : "a comma or ]", at, error);
    case JSON_FIRST_VALUE:
      if (*at == ']') {
        return ascend(json, row, archive);
      }
      return begin_value(json, at, row, error);
    case JSON_VALUE:
      return begin_value(json, at, row, error);
    default:
      return refuse(row, "the end", at, error);
  }
}

static enum outcome take_escape(struct json *json, enum json_escape escape,
                                struct input *input) {
  json->state = escape == ESCAPE_GOES_ON ? JSON_HEX : JSON_STRING;
  input->at -= escape == ESCAPE_IS_NONE;
  return READ_MORE;
}

/* One step: a mark, a character of an escape, a run of a string or a word. */
static enum outcome step(struct json *json, struct input *input,
                         struct row *row, struct glc_archive *archive,
                         struct glc_error *error) {
  const char *at = input->at;
  struct glc_bytes run = {at, 0};

  switch (json->state) {
    case JSON_STRING:
      return read_string(json, input, row, archive);
    case JSON_ESCAPE:
      input->at++;
      return take_escape(json, json_text_escape(&json->text, row, *at),
                         input);
    case JSON_HEX:
      input->at++;
      return take_escape(json, json_text_digit(&json->text, row, *at), input);
    case JSON_WORD:
      while (at < input->end && json_text_is_word_byte(*at)) {
        at++;
      }
      run.length = (size_t)(at - input->at);
      json_text_append(&json->text, row, run);
      input->at = at;
      return at < input->end ? end_word(json, row, archive, at, error)
                             : READ_MORE;
    default:
      input->at++;
      if (*at == ' ' || *at == '\n' || *at == '\r' || *at == '\t') {
        return READ_MORE;
      }
      return read_mark(json, at, row, archive, error);
  }
}

enum outcome json_read(struct json *json, struct input *input, struct row *row,
                       struct glc_archive *archive, struct glc_error *error) {
  enum outcome outcome = READ_MORE;
  const char *from = input->at; /* of what is in the row and not in its raw */
  struct glc_bytes raw;

  while (outcome == READ_MORE && input->at < input->end) {
    const char *at = input->at;
    const bool was_row = json->is_row;

    outcome = step(json, input, row, archive, error);
    if (json->is_row && !was_row) {
      from = at;
    }
  }
  if (json->is_row || outcome == READ_ROW) {
    raw.data = from;
    raw.length = (size_t)(input->at - from);
    (void)row_keep(row, raw, ROW_SHOWN);
  }
  if (outcome != READ_FAILED && row_memory(row, error) != GLC_OK) {
    outcome = READ_FAILED;
  }
  return outcome;
}
