/* What an inventory tells of an archive. */
#ifndef GLC_INVENTORY_ARCHIVE_H
#define GLC_INVENTORY_ARCHIVE_H

#include <stdint.h>

#include "../buffer.h"

#pragma GCC visibility push(hidden)

/* X(symbol, name): the members of an item, the columns of a line. */
#define GLC_ARCHIVE_FIELDS(X)                   \
  X(GLC_ARCHIVE_ID, "ArchiveId")                \
  X(GLC_ARCHIVE_DESCRIPTION, "ArchiveDescription") \
  X(GLC_ARCHIVE_CREATED, "CreationDate")        \
  X(GLC_ARCHIVE_SIZE, "Size")                   \
  X(GLC_ARCHIVE_TREE_HASH, "SHA256TreeHash")

enum glc_archive_field {
#define GLC_ENUM(symbol, name) symbol,
  GLC_ARCHIVE_FIELDS(GLC_ENUM)
#undef GLC_ENUM
  GLC_ARCHIVE_FIELD_COUNT
};

/* Texts are borrowed until the next call; what is not there is empty. */
struct glc_archive {
  struct glc_bytes fields[GLC_ARCHIVE_FIELD_COUNT];
  uint64_t size; /* below 2^63 */
};

#pragma GCC visibility pop

#endif
