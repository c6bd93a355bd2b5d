/* An inventory's JSON, as its bytes come. For inventory.c. */
#ifndef GLC_INVENTORY_JSON_H
#define GLC_INVENTORY_JSON_H

#include "json_text.h"
#include "row.h"

#pragma GCC visibility push(hidden)

/* What the next byte may be. */
enum json_state {
  JSON_VALUE,
  JSON_FIRST_VALUE, /* or the end of the list */
  JSON_NAME,
  JSON_FIRST_NAME, /* or the end of the object */
  JSON_COLON,
  JSON_NEXT, /* a comma, or the end of what it is in */
  JSON_STRING,
  JSON_ESCAPE,
  JSON_HEX,
  JSON_WORD, /* a number, or true, false, null */
  JSON_END
};

enum { JSON_DEPTH = 64 };

/* A text in the row's buffer; and of what kind the value was. */
struct json_member {
  size_t begin;
  size_t length;
  bool is_number;
};

struct json {
  enum json_state state;
  unsigned depth;   /* how many objects and lists it is in */
  uint64_t objects; /* which of them are objects, a bit each */
  bool is_list;     /* in ArchiveList */
  bool had_list;
  bool is_row;  /* in one of its items */
  bool is_name; /* the string is a member's name */
  bool is_kept; /* the value is one of an archive */
  enum glc_archive_field field; /* the member whose value comes */
  struct json_text text;
  struct json_member members[GLC_ARCHIVE_FIELD_COUNT];
};

/* Reads on to the end of a row, or of the input. */
enum outcome json_read(struct json *json, struct input *input, struct row *row,
                       struct glc_archive *archive, struct glc_error *error);

#pragma GCC visibility pop

#endif
