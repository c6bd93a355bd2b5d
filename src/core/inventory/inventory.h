/* A vault's inventory, JSON or CSV, read piece by piece in flat memory. */
#ifndef GLC_INVENTORY_H
#define GLC_INVENTORY_H

#include <stdbool.h>
#include <stdint.h>

#include "../buffer.h"
#include "../error.h"
#include "archive.h"

#pragma GCC visibility push(hidden)

/* What one piece may hold at the most. */
enum { GLC_INVENTORY_PIECE = 64 * 1024 };

struct glc_inventory_row {
  uint64_t number;        /* the line in CSV, the row in JSON; both from 1 */
  struct glc_bytes text;  /* its bytes, or 64 KiB of them; borrowed */
  const char *problem;    /* why it is bad; borrowed */
};

enum glc_inventory_event {
  GLC_INVENTORY_MORE,    /* the next piece is wanted, or the finish */
  GLC_INVENTORY_ARCHIVE, /* an archive was read */
  GLC_INVENTORY_BAD,     /* a row is not an archive's; one may go on */
  GLC_INVENTORY_END,
  GLC_INVENTORY_FAILED   /* it is no inventory, or not all of one */
};

/*
 * A reader. JSON is known by its first character. It takes members in any
 * order and skips those that it does not know, whatever their length; CSV is
 * read from both ends of a line, since a description's end cannot be seen from
 * its beginning. A row over 1 MiB is a bad one; what is nested deeper than 64
 * levels is no inventory.
 */
struct glc_inventory;

/* NULL where there is no memory. */
struct glc_inventory *glc_inventory_open(void);
void glc_inventory_close(struct glc_inventory *inventory);

/* From here on the whole must be of that many bytes. */
void glc_inventory_expect(struct glc_inventory *inventory, uint64_t size);

/* Gives the next piece, once GLC_INVENTORY_MORE has said so; it is copied. */
enum glc_code glc_inventory_feed(struct glc_inventory *inventory,
                                 struct glc_bytes piece,
                                 struct glc_error *error);

/* There is no further piece. */
void glc_inventory_finish(struct glc_inventory *inventory);

/* Goes on to the next event. After a failure it is the same for ever. */
enum glc_inventory_event glc_inventory_next(struct glc_inventory *inventory,
                                            struct glc_archive *archive,
                                            struct glc_error *error);

/* The row that was read last. */
struct glc_inventory_row glc_inventory_row(
    const struct glc_inventory *inventory);

/* Whether rows are numbered by lines: it is CSV. */
bool glc_inventory_has_lines(const struct glc_inventory *inventory);

/* Whether it failed because there is less of it, or more, than there was. */
bool glc_inventory_is_cut(const struct glc_inventory *inventory);

#pragma GCC visibility pop

#endif
