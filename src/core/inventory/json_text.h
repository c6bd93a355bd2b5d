/* Strings, numbers and names in an inventory's JSON. For json.c. */
#ifndef GLC_INVENTORY_JSON_TEXT_H
#define GLC_INVENTORY_JSON_TEXT_H

#include "row.h"

#pragma GCC visibility push(hidden)

/*
 * Longer words and names are cut to this length: they are equal to none that
 * is known, and pass for values.
 */
enum { JSON_WORD_MAX = 32 };

/* Where the bytes of a string go. */
enum json_target { TEXT_NOWHERE, TEXT_WORD, TEXT_ROW };

struct json_text {
  enum json_target target;
  char word[JSON_WORD_MAX]; /* a number, a name, or true, false, null */
  size_t word_length;
  unsigned unit; /* of UTF-16, of \uXXXX, and how many digits are there */
  unsigned digits;
  unsigned high; /* the first half of a pair, the second to come; or 0 */
};

struct glc_bytes json_text_word(const struct json_text *text);

/* Appends bytes of a string, decoded, or of a word. */
void json_text_append(struct json_text *text, struct row *row,
                      struct glc_bytes bytes);

/*
 * To be called before anything but \u, the string's end too: the first half
 * of a pair of surrogates that stands alone becomes U+FFFD.
 */
void json_text_end_pair(struct json_text *text, struct row *row);

enum json_escape {
  ESCAPE_GOES_ON,
  ESCAPE_ENDS,
  ESCAPE_IS_NONE /* the byte does not belong to it */
};

/*
 * The byte behind a backslash; and the digits of \u. What cannot be an escape
 * spoils its row, if it is in one, and no more.
 */
enum json_escape json_text_escape(struct json_text *text, struct row *row,
                                  char byte);
enum json_escape json_text_digit(struct json_text *text, struct row *row,
                                 char byte);

/* What numbers, true, false and null are made of. */
bool json_text_is_word_byte(char byte);

/* Whether the word is one of those. */
bool json_text_is_value(const struct json_text *text);

#pragma GCC visibility pop

#endif
