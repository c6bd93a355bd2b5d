#define _POSIX_C_SOURCE 200809L /* pread */

#include "journal_lines.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { READ_SIZE = 4096 };

/* CRC-32C (RFC 3720 B.4), half a byte at a time. */
static uint32_t checksum(struct glc_bytes text) {
  static const uint32_t table[16] = {
      0x00000000, 0x105ec76f, 0x20bd8ede, 0x30e349b1, 0x417b1dbc, 0x5125dad3,
      0x61c69362, 0x7198540d, 0x82f63b78, 0x92a8fc17, 0xa24bb5a6, 0xb21572c9,
      0xc38d26c4, 0xd3d3e1ab, 0xe330a81a, 0xf36e6f75};
  uint32_t value = 0xffffffff;
  size_t i;

  for (i = 0; i < text.length; i++) {
    value ^= (unsigned char)text.data[i];
    value = value >> 4 ^ table[value & 15];
    value = value >> 4 ^ table[value & 15];
  }
  return ~value;
}

static void say_checksum(struct glc_bytes text, char check[JOURNAL_CHECK_SIZE + 1]) {
  (void)snprintf(check, JOURNAL_CHECK_SIZE + 1, "%08lx", (unsigned long)checksum(text));
}

void journal_append_line(struct glc_buffer *buffer, struct glc_bytes text) {
  char check[JOURNAL_CHECK_SIZE + 1];

  say_checksum(text, check);
  glc_buffer_append_text(buffer, check);
  glc_buffer_append_byte(buffer, ' ');
  glc_buffer_append(buffer, text);
  glc_buffer_append_byte(buffer, '\n');
}

bool journal_read_line(struct glc_bytes line, struct glc_bytes *text) {
  char check[JOURNAL_CHECK_SIZE + 1];

  if (line.length <= JOURNAL_CHECK_SIZE || line.data[JOURNAL_CHECK_SIZE] != ' ') {
    return false;
  }
  text->data = line.data + JOURNAL_CHECK_SIZE + 1;
  text->length = line.length - JOURNAL_CHECK_SIZE - 1;
  say_checksum(*text, check);
  return memcmp(check, line.data, JOURNAL_CHECK_SIZE) == 0;
}

void reader_init(struct reader *reader) {
  glc_buffer_init(&reader->buffer, JOURNAL_LINE_MAX + READ_SIZE);
  reader->offset = 0;
}

/* One read more into the buffer; *more is false at the file's end. */
static enum glc_code fill_buffer(const struct locked_file *file,
                                 struct reader *reader, bool *more,
                                 struct glc_error *error) {
  char piece[READ_SIZE];
  ssize_t count;

  do {
    count = pread(file->fd, piece, sizeof piece,
                  (off_t)(reader->offset + (int64_t)reader->buffer.length));
  } while (count < 0 && errno == EINTR);
  if (count < 0) {
    return locked_file_failure(file, "read", error);
  }
  *more = count > 0;
  if (count > 0) {
    struct glc_bytes bytes = {piece, (size_t)count};

    glc_buffer_append(&reader->buffer, bytes);
  }
  return glc_buffer_check(&reader->buffer, "a journal's line", error);
}

void reader_move(struct reader *reader, int64_t cursor) {
  struct glc_buffer *buffer = &reader->buffer;
  const int64_t skipped = cursor - reader->offset;

  if (cursor > 0 && buffer->failure == GLC_OK && skipped >= 0 &&
      (uint64_t)skipped < buffer->length) {
    const size_t rest = buffer->length - (size_t)skipped;

    memmove(buffer->data, buffer->data + skipped, rest);
    glc_buffer_truncate(buffer, rest);
  } else {
    glc_buffer_reset(buffer);
  }
  reader->offset = cursor;
}

enum glc_code reader_find_line(const struct locked_file *file,
                               struct reader *reader, struct glc_bytes *line,
                               struct glc_error *error) {
  struct glc_buffer *buffer = &reader->buffer;
  enum glc_code code = GLC_OK;
  size_t searched = 0;
  bool more = true;

  line->length = 0;
  while (code == GLC_OK && more && line->length == 0) {
    const struct glc_bytes held = {glc_buffer_bytes(buffer).data + searched,
                                   buffer->length - searched};
    const char *end = memchr(held.data, '\n', held.length);

    if (end != NULL) {
      line->data = buffer->data;
      line->length = searched + (size_t)(end - held.data) + 1;
    } else if (buffer->length >= JOURNAL_LINE_MAX) {
      more = false; /* longer than any line of ours */
    } else {
      searched = buffer->length;
      code = fill_buffer(file, reader, &more, error);
    }
  }
  return code;
}

