#include "json_text.h"

#include <string.h>

static const char replacement[] = "\xef\xbf\xbd"; /* U+FFFD */

struct glc_bytes json_text_word(const struct json_text *text) {
  struct glc_bytes word = {text->word, text->word_length};

  return word;
}

static void append_word(struct json_text *text, struct glc_bytes bytes) {
  size_t room = JSON_WORD_MAX - text->word_length;
  size_t length = bytes.length < room ? bytes.length : room;

  memcpy(text->word + text->word_length, bytes.data, length);
  text->word_length += length;
}

void json_text_append(struct json_text *text, struct row *row,
                      struct glc_bytes bytes) {
  if (text->target == TEXT_WORD) {
    append_word(text, bytes);
  } else if (text->target == TEXT_ROW) {
    glc_buffer_append(&row->text, bytes);
  }
}

static void append_character(struct json_text *text, struct row *row,
                             unsigned code) {
  char utf8[4];
  struct glc_bytes bytes = {utf8, 1};

  if (code < 0x80) {
    utf8[0] = (char)code;
  } else if (code < 0x800) {
    utf8[0] = (char)(0xc0 | code >> 6);
    utf8[1] = (char)(0x80 | (code & 0x3f));
    bytes.length = 2;
  } else if (code < 0x10000) {
    utf8[0] = (char)(0xe0 | code >> 12);
    utf8[1] = (char)(0x80 | (code >> 6 & 0x3f));
    utf8[2] = (char)(0x80 | (code & 0x3f));
    bytes.length = 3;
  } else {
    utf8[0] = (char)(0xf0 | code >> 18);
    utf8[1] = (char)(0x80 | (code >> 12 & 0x3f));
    utf8[2] = (char)(0x80 | (code >> 6 & 0x3f));
    utf8[3] = (char)(0x80 | (code & 0x3f));
    bytes.length = 4;
  }
  json_text_append(text, row, bytes);
}

void json_text_end_pair(struct json_text *text, struct row *row) {
  if (text->high != 0) {
    json_text_append(text, row, glc_bytes_of(replacement));
    text->high = 0;
  }
}

static void end_unit(struct json_text *text, struct row *row) {
  const unsigned unit = text->unit;

  if (text->high != 0 && unit >= 0xdc00 && unit < 0xe000) {
    append_character(
        text, row, 0x10000 + ((text->high - 0xd800) << 10) + (unit - 0xdc00));
    text->high = 0;
    return;
  }
  json_text_end_pair(text, row);
  if (unit >= 0xd800 && unit < 0xdc00) {
    text->high = unit;
  } else if (unit >= 0xdc00 && unit < 0xe000) {
    json_text_append(text, row, glc_bytes_of(replacement));
  } else {
    append_character(text, row, unit);
  }
}

static const char no_escape[] = "a string has an escape that JSON has not";

enum json_escape json_text_escape(struct json_text *text, struct row *row,
                                  char byte) {
  static const char letters[] = "\"\\/bfnrt", values[] = "\"\\/\b\f\n\r\t";
  const char *letter = byte != '\0' ? strchr(letters, byte) : NULL;

  if (byte == 'u') {
    text->unit = text->digits = 0;
    return ESCAPE_GOES_ON;
  }
  json_text_end_pair(text, row);
  if (letter != NULL) {
    append_character(text, row,
                     (unsigned char)values[(size_t)(letter - letters)]);
  } else {
    row_refuse(row, "%s", no_escape);
  }
  return ESCAPE_ENDS;
}

enum json_escape json_text_digit(struct json_text *text, struct row *row,
                                 char byte) {
  static const char digits[] = "0123456789abcdefABCDEF";
  const char *digit = byte != '\0' ? strchr(digits, byte) : NULL;
  const unsigned value = digit != NULL ? (unsigned)(digit - digits) : 0;

  if (digit == NULL) {
    row_refuse(row, "%s", no_escape);
    return ESCAPE_IS_NONE;
  }
  text->unit = text->unit << 4 | (value < 16 ? value : value - 6);
  if (++text->digits < 4) {
    return ESCAPE_GOES_ON;
  }
  end_unit(text, row);
  return ESCAPE_ENDS;
}

/* RFC 8259, section 6. */
static bool is_number(struct glc_bytes word) {
  const char *at = word.data, *end = word.data + word.length;
  const char *digits;

  at += at < end && *at == '-';
  digits = at;
  while (at < end && *at >= '0' && *at <= '9') {
    at++;
  }
  if (at == digits || (*digits == '0' && at > digits + 1)) {
    return false;
  }
  if (at < end && *at == '.') {
    digits = ++at;
    while (at < end && *at >= '0' && *at <= '9') {
      at++;
    }
    if (at == digits) {
      return false;
    }
  }
  if (at < end && (*at == 'e' || *at == 'E')) {
    at++;
    at += at < end && (*at == '+' || *at == '-');
    digits = at;
    while (at < end && *at >= '0' && *at <= '9') {
      at++;
    }
    if (at == digits) {
      return false;
    }
  }
  return at == end;
}

bool json_text_is_value(const struct json_text *text) {
  const struct glc_bytes word = json_text_word(text);

  return word.length == JSON_WORD_MAX || is_number(word) ||
         glc_bytes_equal(word, glc_bytes_of("null")) ||
         glc_bytes_equal(word, glc_bytes_of("true")) ||
         glc_bytes_equal(word, glc_bytes_of("false"));
}

bool json_text_is_word_byte(char byte) {
  return (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'z') ||
         (byte >= 'A' && byte <= 'Z') || byte == '+' || byte == '-' ||
         byte == '.';
}
