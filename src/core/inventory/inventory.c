#include "inventory.h"

#include <stdlib.h>
#include <string.h>

#include "csv.h"
#include "json.h"
#include "row.h"

static const char byte_order_mark[] = "\xef\xbb\xbf";

struct glc_inventory {
  enum { FORMAT_UNKNOWN, FORMAT_JSON, FORMAT_CSV } format;
  size_t marks; /* bytes of the byte order mark that were read */
  struct glc_buffer piece;
  size_t taken; /* bytes of the piece */
  bool is_finished;
  uint64_t size; /* bytes in all so far */
  bool has_expected;
  uint64_t expected;
  struct row row;
  struct csv csv;
  struct json json;
  bool is_cut;
  struct glc_error failure; /* GLC_OK: none yet */
};

struct glc_inventory *glc_inventory_open(void) {
  struct glc_inventory *inventory = calloc(1, sizeof *inventory);

  if (inventory != NULL) {
    glc_buffer_init(&inventory->piece, GLC_INVENTORY_PIECE);
    row_init(&inventory->row);
  }
  return inventory;
}

void glc_inventory_close(struct glc_inventory *inventory) {
  if (inventory != NULL) {
    glc_buffer_free(&inventory->piece);
    row_free(&inventory->row);
    free(inventory);
  }
}

void glc_inventory_expect(struct glc_inventory *inventory, uint64_t size) {
  inventory->has_expected = true;
  inventory->expected = size;
}

enum glc_code glc_inventory_feed(struct glc_inventory *inventory,
                                 struct glc_bytes piece,
                                 struct glc_error *error) {
  struct glc_buffer *buffer = &inventory->piece;

  if (inventory->is_finished || inventory->taken < buffer->length) {
    return glc_error_set(error, GLC_INVALID, "no piece is wanted now");
  }
  glc_buffer_reset(buffer);
  inventory->taken = 0;
  if (piece.length > 0) {
    glc_buffer_append(buffer, piece);
  }
  inventory->size += piece.length;
  return glc_buffer_check(buffer, "a piece of an inventory", error);
}

void glc_inventory_finish(struct glc_inventory *inventory) {
  inventory->is_finished = true;
}

struct glc_inventory_row glc_inventory_row(
    const struct glc_inventory *inventory) {
  struct glc_inventory_row row;

  row.number = inventory->row.number;
  row.text = glc_buffer_bytes(&inventory->row.raw);
  row.problem = inventory->row.problem;
  if (row.text.length > ROW_SHOWN) {
    row.text.length = ROW_SHOWN;
  }
  return row;
}

bool glc_inventory_has_lines(const struct glc_inventory *inventory) {
  return inventory->format == FORMAT_CSV;
}

bool glc_inventory_is_cut(const struct glc_inventory *inventory) {
  return inventory->is_cut;
}

/* A mark of the byte order and white space may stand before either format. */
static void find_format(struct glc_inventory *inventory, struct input *input) {
  while (inventory->format == FORMAT_UNKNOWN && input->at < input->end) {
    const char byte = *input->at;

    if (inventory->marks < 3 && byte == byte_order_mark[inventory->marks]) {
      inventory->marks++;
      input->at++;
    } else if (byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n') {
      inventory->marks = 3;
      inventory->row.number += byte == '\n';
      input->at++;
    } else if (byte == '{' || byte == '[') {
      inventory->format = FORMAT_JSON;
      inventory->row.number = 0;
    } else {
      inventory->format = FORMAT_CSV;
    }
  }
}

static enum outcome fail(struct glc_inventory *inventory,
                         const struct glc_error *error) {
  inventory->failure = *error;
  return READ_FAILED;
}

/* Lets the format read what there is of the piece. */
static enum outcome read_piece(struct glc_inventory *inventory,
                               struct glc_archive *archive) {
  const struct glc_bytes piece = glc_buffer_bytes(&inventory->piece);
  struct input input = {piece.data + inventory->taken,
                        piece.data + piece.length};
  enum outcome outcome = READ_MORE;
  struct glc_error error;

  find_format(inventory, &input);
  if (inventory->format == FORMAT_JSON) {
    outcome = json_read(&inventory->json, &input, &inventory->row, archive,
                        &error);
  } else if (inventory->format == FORMAT_CSV) {
    outcome =
        csv_read(&inventory->csv, &input, &inventory->row, archive, &error);
  }
  inventory->taken = (size_t)(input.at - piece.data);
  return outcome == READ_FAILED ? fail(inventory, &error) : outcome;
}

static enum outcome cut(struct glc_inventory *inventory) {
  inventory->is_cut = true;
  return READ_FAILED;
}

static bool is_whole(const struct glc_inventory *inventory) {
  return !inventory->has_expected || inventory->size == inventory->expected;
}

static enum outcome check_size(struct glc_inventory *inventory) {
  if (!is_whole(inventory)) {
    glc_error_set(&inventory->failure, GLC_PROTOCOL,
                  "the inventory has %llu bytes, not %llu: it is not whole",
                  (unsigned long long)inventory->size,
                  (unsigned long long)inventory->expected);
    return cut(inventory);
  }
  return READ_MORE;
}

static enum outcome check_json(struct glc_inventory *inventory) {
  struct glc_error *failure = &inventory->failure;

  if (inventory->json.state != JSON_END) {
    glc_error_set(failure, GLC_PROTOCOL,
                  "the inventory ends after row %llu and is not closed: it is "
                  "not whole",
                  (unsigned long long)inventory->row.number -
                      inventory->json.is_row);
    return cut(inventory);
  }
  if (!inventory->json.had_list) {
    glc_error_set(failure, GLC_PROTOCOL,
                  "it is no inventory: it has no ArchiveList");
    return READ_FAILED;
  }
  return check_size(inventory);
}

/*
 * The end of the last piece. A last line that is bad in an inventory that is
 * too short was cut, as that was.
 */
static enum outcome read_end(struct glc_inventory *inventory,
                             struct glc_archive *archive) {
  enum outcome outcome = READ_MORE;
  struct glc_error error;

  if (inventory->format == FORMAT_JSON) {
    return check_json(inventory);
  }
  outcome = csv_finish(&inventory->csv, &inventory->row, archive, &error);
  if (outcome == READ_FAILED) {
    return fail(inventory, &error);
  }
  if (outcome == READ_MORE ||
      (inventory->row.problem[0] != '\0' && !is_whole(inventory))) {
    outcome = check_size(inventory);
  }
  return outcome;
}

enum glc_inventory_event glc_inventory_next(struct glc_inventory *inventory,
                                            struct glc_archive *archive,
                                            struct glc_error *error) {
  enum outcome outcome = READ_FAILED;
  size_t i;

  for (i = 0; i < GLC_ARCHIVE_FIELD_COUNT; i++) {
    archive->fields[i] = glc_bytes_of("");
  }
  if (inventory->failure.code == GLC_OK) {
    outcome = read_piece(inventory, archive);
    if (outcome == READ_MORE && !inventory->is_finished) {
      return GLC_INVENTORY_MORE;
    }
    if (outcome == READ_MORE) {
      outcome = read_end(inventory, archive);
    }
  }
  if (outcome == READ_FAILED) {
    *error = inventory->failure;
    return GLC_INVENTORY_FAILED;
  }
  if (outcome == READ_MORE) {
    return GLC_INVENTORY_END;
  }
  return inventory->row.problem[0] != '\0' ? GLC_INVENTORY_BAD
                                           : GLC_INVENTORY_ARCHIVE;
}
