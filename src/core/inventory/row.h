/* A row of an inventory, of either format. For inventory.c. */
#ifndef GLC_INVENTORY_ROW_H
#define GLC_INVENTORY_ROW_H

#include <stdbool.h>
#include <stdint.h>

#include "../buffer.h"
#include "archive.h"

#pragma GCC visibility push(hidden)

enum { ROW_MAX = 1024 * 1024, ROW_SHOWN = 64 * 1024, ROW_REASON = 80 };

/* Bytes that are there to be read. */
struct input {
  const char *at;
  const char *end;
};

enum outcome {
  READ_MORE, /* all of the input was taken */
  READ_ROW,
  READ_FAILED
};

struct row {
  uint64_t number;
  struct glc_buffer raw;  /* as it came */
  struct glc_buffer text; /* what had to be decoded */
  bool is_long;           /* it did not fit */
  char problem[ROW_REASON]; /* empty: none */
};

void row_init(struct row *row);
void row_free(struct row *row);

/* The next row begins. */
void row_begin(struct row *row);

/* Appends as much as fits into `limit` bytes; whether that was all. */
bool row_keep(struct row *row, struct glc_bytes bytes, size_t limit);

/* Says what is wrong, unless something was already. */
#if defined(__GNUC__)
__attribute__((format(printf, 2, 3)))
#endif
void row_refuse(struct row *row, const char *format, ...);

/* Judges what was read, and fills the size in. */
void row_check(struct row *row, struct glc_archive *archive);

/* Whether the memory that it asked for was there. */
enum glc_code row_memory(const struct row *row, struct glc_error *error);

/* The field of that name; GLC_ARCHIVE_FIELD_COUNT: an unknown one. */
enum glc_archive_field row_field(struct glc_bytes name);

/* Its name. */
const char *row_name(enum glc_archive_field field);

#pragma GCC visibility pop

#endif
