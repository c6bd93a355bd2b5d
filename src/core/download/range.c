/* A range of the part file: bytes to their place, hashed in one pass. */
#define _POSIX_C_SOURCE 200809L

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "download.h"
#include "journal.h"
#include "part_file.h"
#include "spool.h"

/*
 * What the spool's thread writes, hashes and tells the journal. It is that
 * thread's for as long as the spool is not drained, and outlives the range
 * where that is closed before.
 */
struct writer {
  struct glc_part_file *file;
  struct glc_journal *journal; /* NULL: none */
  struct glc_tree_hash *tree;
  uint64_t first;
  uint64_t written;
  uint64_t leaves;
  char label[GLC_RANGE_LABEL_MAX + 1];
};

struct glc_range {
  struct spool *spool;   /* NULL: closed */
  struct writer *writer; /* the spool's, once that is there */
  pid_t owner;
  unsigned holders;
  size_t ring_size;
  uint64_t end;
  uint64_t taken; /* the offset of the next byte that is taken */
  bool is_sealed; /* takes no more */
};

static bool is_forked(const struct glc_range *range) {
  return range->owner != getpid();
}

/* "LABEL LEAVES ROOT", of what is written. */
static enum glc_code note_leaf(struct writer *writer,
                               struct glc_error *error) {
  char line[GLC_RANGE_LABEL_MAX + 2 * GLC_SHA256_SIZE + 32];
  unsigned char root[GLC_SHA256_SIZE];
  struct glc_buffer text;
  enum glc_code code = glc_tree_hash_peek(writer->tree, root, error);

  glc_buffer_init(&text, sizeof line);
  if (code == GLC_OK) {
    (void)snprintf(line, sizeof line, "%s %llu ", writer->label,
                   (unsigned long long)writer->leaves);
    glc_buffer_append_text(&text, line);
    glc_buffer_append_hex(&text, root, sizeof root);
    code = glc_buffer_check(&text, "a journal's line", error);
  }
  if (code == GLC_OK) {
    code = glc_journal_append(writer->journal, glc_buffer_bytes(&text), false,
                              error);
  }
  glc_buffer_free(&text);
  return code;
}

static enum glc_code write_piece(struct writer *writer,
                                 struct glc_bytes piece,
                                 struct glc_error *error) {
  const int fd = part_file_enter(writer->file, true);
  enum glc_code code = GLC_OK;

  if (fd < 0) {
    return glc_error_set(error, GLC_FILE, "the file is closed");
  }
  if (!locked_file_write(fd, piece, (off_t)writer->written)) {
    code = locked_file_failure(part_file_inside(writer->file), "write", error);
  }
  part_file_leave(writer->file, true);
  return code;
}

/* In the spool's thread: whatever is longer than the rest of its leaf is cut. */
static bool consume(void *context, struct glc_bytes bytes,
                    struct glc_error *error) {
  struct writer *writer = context;
  enum glc_code code = GLC_OK;

  while (code == GLC_OK && bytes.length > 0) {
    const uint64_t within = (writer->written - writer->first) % GLC_LEAF_SIZE;
    const size_t rest = (size_t)(GLC_LEAF_SIZE - within);
    const struct glc_bytes piece = {
        bytes.data, bytes.length < rest ? bytes.length : rest};

    code = write_piece(writer, piece, error);
    if (code == GLC_OK) {
      code = glc_tree_hash_update(writer->tree, piece, error);
    }
    writer->written += piece.length;
    bytes.data += piece.length;
    bytes.length -= piece.length;
    if (code == GLC_OK && piece.length == rest) {
      writer->leaves++;
      if (writer->journal != NULL) {
        code = note_leaf(writer, error);
      }
    }
  }
  return code == GLC_OK;
}

static void release(void *context) {
  struct writer *writer = context;

  if (writer != NULL) {
    glc_tree_hash_close(writer->tree);
    journal_drop(writer->journal);
    part_file_drop(writer->file);
    free(writer);
  }
}

static struct writer *new_writer(struct glc_part_file *file, uint64_t first,
                                 const struct glc_range_options *options,
                                 struct glc_error *error) {
  struct writer *writer = calloc(1, sizeof *writer);

  if (writer == NULL) {
    glc_error_set(error, GLC_NO_MEMORY, "no memory for a range");
    return NULL;
  }
  writer->first = first;
  writer->written = first;
  writer->file = part_file_keep(file);
  if (options->journal != NULL) {
    writer->journal = journal_keep(options->journal);
  }
  if (options->label.length > 0) {
    memcpy(writer->label, options->label.data, options->label.length);
  }
  return writer;
}

/* The largest ring that is no larger than what is allowed for it. */
static size_t ring_size(const struct glc_range_options *options) {
  size_t size = SPOOL_MOST;

  while (options->buffer > 0 && size > options->buffer &&
         size > SPOOL_LEAST) {
    size /= 2;
  }
  return size;
}

static enum glc_code begin(struct glc_range *range,
                           const struct glc_range_options *options,
                           struct glc_error *error) {
  struct writer *writer = range->writer;
  const struct spool_consumer consumer = {consume, release, writer};

  writer->tree = glc_tree_hash_open(error);
  if (writer->tree == NULL) {
    return error->code;
  }
  if (options->hashed != NULL) {
    if (glc_tree_hash_restore(writer->tree, options->hashed, error) !=
        GLC_OK) {
      return error->code;
    }
    writer->leaves = options->hashed->leaves;
    writer->written += writer->leaves * GLC_LEAF_SIZE;
  }
  range->taken = writer->written;
  range->ring_size = ring_size(options);
  range->spool =
      spool_open(writer->written, range->ring_size, &consumer, error);
  return range->spool != NULL ? GLC_OK : error->code;
}

static enum glc_code check_options(uint64_t first, uint64_t size,
                                   const struct glc_range_options *options,
                                   struct glc_error *error) {
  if (first > INT64_MAX || size > INT64_MAX - first) {
    return glc_error_set(error, GLC_INVALID, "no file has such a range");
  }
  if (options->hashed != NULL &&
      options->hashed->leaves > size / GLC_LEAF_SIZE) {
    return glc_error_set(error, GLC_INVALID,
                         "more was hashed than the range has");
  }
  if (options->label.length > GLC_RANGE_LABEL_MAX ||
      (options->label.length > 0 &&
       (memchr(options->label.data, '\n', options->label.length) != NULL ||
        memchr(options->label.data, '\0', options->label.length) != NULL))) {
    return glc_error_set(error, GLC_INVALID,
                         "a label is one line of %d bytes at the most",
                         (int)GLC_RANGE_LABEL_MAX);
  }
  return GLC_OK;
}

struct glc_range *glc_range_open(struct glc_part_file *file, uint64_t first,
                                 uint64_t size,
                                 const struct glc_range_options *options,
                                 struct glc_error *error) {
  struct glc_error failure = {GLC_OK, ""};
  struct glc_range *range = NULL;

  if (check_options(first, size, options, error) != GLC_OK) {
    return NULL;
  }
  range = calloc(1, sizeof *range);
  if (range == NULL) {
    glc_error_set(error, GLC_NO_MEMORY, "no memory for a range");
    return NULL;
  }
  range->owner = getpid();
  range->holders = 1;
  range->end = first + size;
  range->writer = new_writer(file, first, options, &failure);
  if (range->writer == NULL || begin(range, options, &failure) != GLC_OK) {
    glc_error_set(error, failure.code, "%s", failure.message);
    release(range->writer);
    free(range);
    range = NULL;
  }
  return range;
}

/* What can be said before the spool is asked. */
static enum glc_code check_room(const struct glc_range *range, size_t length,
                                struct glc_error *error) {
  if (is_forked(range)) {
    return glc_error_set(error, GLC_FILE,
                         "the file is the parent process's");
  }
  if (range->spool == NULL) {
    return glc_error_set(error, GLC_FILE, "the range is closed");
  }
  if (length > range->end - range->taken) {
    return glc_error_set(error, GLC_TOO_LARGE,
                         "more bytes came than the range of the file has");
  }
  return GLC_OK;
}

void glc_range_seal(struct glc_range *range) {
  range->is_sealed = true;
}

enum glc_code glc_range_write(struct glc_range *range, struct glc_bytes bytes,
                              struct glc_error *error) {
  enum glc_code code = check_room(range, bytes.length, error);

  if (code == GLC_OK && range->is_sealed) {
    code = glc_error_set(error, GLC_FILE, "the range takes no more");
  }
  if (code == GLC_OK) {
    code = spool_put(range->spool, bytes, error);
  }
  if (code == GLC_OK) {
    range->taken += bytes.length;
  }
  return code;
}

size_t glc_range_room(struct glc_range *range) {
  /* Where nothing is taken there is room: who brings bytes is to hear of it. */
  return range->spool != NULL && !range->is_sealed && !is_forked(range)
             ? spool_room(range->spool)
             : range->ring_size;
}

bool glc_range_is_settled(struct glc_range *range, enum glc_code *code,
                          struct glc_error *error) {
  *code = check_room(range, 0, error);
  return *code != GLC_OK || spool_is_drained(range->spool, code, error);
}

uint64_t glc_range_position(const struct glc_range *range) {
  return range->taken;
}

enum glc_code glc_range_tree_hash(struct glc_range *range,
                                  unsigned char hash[GLC_SHA256_SIZE],
                                  struct glc_error *error) {
  enum glc_code code = check_room(range, 0, error);

  if (code == GLC_OK) {
    code = spool_drain(range->spool, error);
  }
  return code == GLC_OK ? glc_tree_hash_peek(range->writer->tree, hash, error)
                        : code;
}

static void drop(struct glc_range *range) {
  if (--range->holders == 0) {
    free(range);
  }
}

void glc_range_abandon(struct glc_range *range) {
  if (range != NULL) {
    if (!is_forked(range)) {
      spool_close(range->spool);
      range->spool = NULL;
      range->writer = NULL;
    }
    drop(range);
  }
}

void glc_range_finish(struct glc_range *range) {
  struct glc_error error;

  if (range->spool != NULL && !is_forked(range)) {
    (void)spool_drain(range->spool, &error);
  }
}

void glc_range_close(struct glc_range *range) {
  if (range != NULL) {
    glc_range_finish(range);
    glc_range_abandon(range);
  }
}

static size_t receiver_room(void *context) {
  return glc_range_room(context);
}

static enum glc_code receiver_take(void *context, struct glc_bytes bytes,
                                   struct glc_error *error) {
  return glc_range_write(context, bytes, error);
}

static bool receiver_is_settled(void *context, enum glc_code *code,
                                struct glc_error *error) {
  return glc_range_is_settled(context, code, error);
}

static void receiver_drop(void *context) {
  drop(context);
}

/* More room than that is not worth waiting for. */
enum { WORTH_WAKING = 256 * 1024 };

struct glc_receiver glc_range_receiver(struct glc_range *range) {
  /* Of the other half a chunk may wait for its rest. */
  const size_t half = range->ring_size / 2;
  const struct glc_receiver receiver = {
      range,         receiver_room, receiver_take, receiver_is_settled,
      receiver_drop, half < WORTH_WAKING ? half : WORTH_WAKING};

  range->holders++;
  return receiver;
}
