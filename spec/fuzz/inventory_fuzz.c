/*
 * Inventories of both formats: in pieces of any size the same rows, problems
 * and end, and no more events than bytes.
 *
 * The input: two bytes by which the pieces are cut, then the inventory.
 */
#include "fuzz.h"

#include "inventory.h"

enum { LARGEST_PIECE = 4096 };

static void note(struct text *log, const char *name, struct glc_bytes bytes) {
  char number[64];
  const int length =
      snprintf(number, sizeof number, "%s %zu:", name, bytes.length);

  text_add(log, number, (size_t)length);
  text_add(log, bytes.data, bytes.length);
  text_add_byte(log, '\n');
}

static void note_number(struct text *log, const char *name, uint64_t value) {
  char number[64];
  const int length = snprintf(number, sizeof number, "%s %llu\n", name,
                              (unsigned long long)value);

  text_add(log, number, (size_t)length);
}

static void note_row(struct text *log, const struct glc_inventory *inventory) {
  const struct glc_inventory_row row = glc_inventory_row(inventory);

  REQUIRE(row.problem != NULL && row.problem[0] != '\0');
  REQUIRE(row.text.length <= 64 * 1024);
  note_number(log, "bad", row.number);
  note(log, "text", row.text);
  note(log, "problem", glc_bytes_of(row.problem));
}

static void note_archive(struct text *log,
                         const struct glc_inventory *inventory,
                         const struct glc_archive *archive) {
  size_t i;

  REQUIRE(archive->size <= INT64_MAX);
  note_number(log, "archive", glc_inventory_row(inventory).number);
  note_number(log, "size", archive->size);
  for (i = 0; i < GLC_ARCHIVE_FIELD_COUNT; i++) {
    note(log, "field", archive->fields[i]);
  }
}

/* All that is said of an inventory in such pieces. */
static void read_all(struct text *log, struct glc_bytes bytes, unsigned seed,
                     size_t largest) {
  struct glc_inventory *inventory = glc_inventory_open();
  enum glc_inventory_event event = GLC_INVENTORY_MORE;
  size_t given = 0, events = 0;

  REQUIRE(inventory != NULL);
  while (event != GLC_INVENTORY_END && event != GLC_INVENTORY_FAILED) {
    struct glc_error error = {GLC_OK, ""};
    struct glc_archive archive;
    size_t length;

    memset(&archive, 0, sizeof archive);
    event = glc_inventory_next(inventory, &archive, &error);
    switch (event) {
    case GLC_INVENTORY_MORE:
      seed = seed * 1103515245u + 12345u;
      length = 1 + (seed >> 16) % largest;
      length = length < bytes.length - given ? length : bytes.length - given;
      if (length > 0) {
        const struct glc_bytes piece = {bytes.data + given, length};

        REQUIRE(glc_inventory_feed(inventory, piece, &error) == GLC_OK);
      } else {
        glc_inventory_finish(inventory);
      }
      given += length;
      break;
    case GLC_INVENTORY_ARCHIVE:
      note_archive(log, inventory, &archive);
      break;
    case GLC_INVENTORY_BAD:
      note_row(log, inventory);
      break;
    case GLC_INVENTORY_END:
      note_number(log, "end", glc_inventory_has_lines(inventory));
      break;
    case GLC_INVENTORY_FAILED:
      REQUIRE(error.code != GLC_OK && error.message[0] != '\0');
      note(log, "failed", glc_bytes_of(error.message));
      note_number(log, "cut", glc_inventory_is_cut(inventory));
      REQUIRE(glc_inventory_next(inventory, &archive, &error) == event);
      break;
    default:
      REQUIRE(false);
    }
    REQUIRE(events++ <= 2 * bytes.length + 8);
  }
  glc_inventory_close(inventory);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct text whole = {NULL, 0}, pieces = {NULL, 0};
  struct glc_bytes bytes;

  if (size < 2) {
    return -1;
  }
  bytes.data = (const char *)data + 2;
  bytes.length = size - 2;
  text_add(&whole, "", 0);
  text_add(&pieces, "", 0);
  read_all(&whole, bytes, 0, GLC_INVENTORY_PIECE);
  read_all(&pieces, bytes, data[1],
           1 + (size_t)data[0] * data[0] * LARGEST_PIECE / (255 * 255));
  if (text_compare(&whole, &pieces) != 0) {
    (void)fprintf(stderr, "-- large pieces:\n%s\n-- small ones:\n%s\n",
                  whole.data, pieces.data);
  }
  REQUIRE(text_compare(&whole, &pieces) == 0);
  text_drop(&whole);
  text_drop(&pieces);
  return 0;
}
