/* An inventory's lines. For inventory.c. */
#ifndef GLC_INVENTORY_CSV_H
#define GLC_INVENTORY_CSV_H

#include "row.h"

#pragma GCC visibility push(hidden)

enum { CSV_COLUMNS = 64 };

struct csv {
  bool is_begun;  /* the line in `row` goes on */
  size_t columns; /* 0: the line with their names is still to come */
  enum glc_archive_field fields[CSV_COLUMNS];
  size_t description; /* which column; `columns`: there is none */
};

/* Reads on to the end of a line that is a row, or of the input. */
enum outcome csv_read(struct csv *csv, struct input *input, struct row *row,
                      struct glc_archive *archive, struct glc_error *error);

/* The end of the input is a line's end, too. READ_MORE: there was no row. */
enum outcome csv_finish(struct csv *csv, struct row *row,
                        struct glc_archive *archive, struct glc_error *error);

#pragma GCC visibility pop

#endif
