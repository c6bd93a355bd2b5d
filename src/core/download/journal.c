#define _POSIX_C_SOURCE 200809L /* ftruncate, fsync, pread */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "download.h"
#include "locked_file.h"

/* A line: the check value in hexadecimal digits, a blank, the text, LF. */
enum {
  CHECK_SIZE = 8,
  AROUND_TEXT = CHECK_SIZE + 2,
  LINE_MAX = AROUND_TEXT + GLC_JOURNAL_TEXT_MAX,
  READ_AHEAD = 4096
};

/*
 * `end` is where the last whole line ends, once that is known (-1: not yet).
 * What a failed write left behind it is cut off before the next one.
 */
struct glc_journal {
  struct locked_file file;
  off_t end;
  struct glc_buffer buffer; /* of the file from buffer_offset on */
  int64_t buffer_offset;
};

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

static void say_checksum(struct glc_bytes text, char check[CHECK_SIZE + 1]) {
  (void)snprintf(check, CHECK_SIZE + 1, "%08lx", (unsigned long)checksum(text));
}

static void append_line(struct glc_buffer *buffer, struct glc_bytes text) {
  char check[CHECK_SIZE + 1];

  say_checksum(text, check);
  glc_buffer_append_text(buffer, check);
  glc_buffer_append_byte(buffer, ' ');
  glc_buffer_append(buffer, text);
  glc_buffer_append_byte(buffer, '\n');
}

/* The text of a whole line without its LF; false where it does not check. */
static bool read_line(struct glc_bytes line, struct glc_bytes *text) {
  char check[CHECK_SIZE + 1];

  if (line.length <= CHECK_SIZE || line.data[CHECK_SIZE] != ' ') {
    return false;
  }
  text->data = line.data + CHECK_SIZE + 1;
  text->length = line.length - CHECK_SIZE - 1;
  say_checksum(*text, check);
  return memcmp(check, line.data, CHECK_SIZE) == 0;
}

struct glc_journal *glc_journal_open(struct glc_bytes path, pid_t *holder,
                                     struct glc_error *error) {
  struct glc_journal *journal = calloc(1, sizeof *journal);

  *holder = 0;
  if (journal == NULL) {
    glc_error_set(error, GLC_NO_MEMORY, "no memory for a journal");
    return NULL;
  }
  journal->end = -1;
  glc_buffer_init(&journal->buffer, LINE_MAX + READ_AHEAD);
  if (locked_file_open(&journal->file, path, O_APPEND, S_IRUSR | S_IWUSR,
                       holder, error) != GLC_OK) {
    glc_journal_close(journal);
    journal = NULL;
  }
  return journal;
}

void glc_journal_close(struct glc_journal *journal) {
  if (journal != NULL) {
    locked_file_close(&journal->file);
    glc_buffer_free(&journal->buffer);
    free(journal);
  }
}

/* One read more into the buffer; *more is false at the file's end. */
static enum glc_code fill_buffer(struct glc_journal *journal, bool *more,
                                 struct glc_error *error) {
  struct glc_buffer *buffer = &journal->buffer;
  char piece[READ_AHEAD];
  ssize_t count;

  do {
    count = pread(journal->file.fd, piece, sizeof piece,
                  (off_t)(journal->buffer_offset + (int64_t)buffer->length));
  } while (count < 0 && errno == EINTR);
  if (count < 0) {
    return locked_file_failure(&journal->file, "read", error);
  }
  *more = count > 0;
  if (count > 0) {
    struct glc_bytes bytes = {piece, (size_t)count};

    glc_buffer_append(buffer, bytes);
  }
  return glc_buffer_check(buffer, "a journal's line", error);
}

/* Drops what lies before the cursor, or all where that is elsewhere. */
static void move_buffer(struct glc_journal *journal, int64_t cursor) {
  struct glc_buffer *buffer = &journal->buffer;
  const int64_t skipped = cursor - journal->buffer_offset;

  if (buffer->failure == GLC_OK && skipped >= 0 &&
      (uint64_t)skipped < buffer->length) {
    const size_t rest = buffer->length - (size_t)skipped;

    memmove(buffer->data, buffer->data + skipped, rest);
    glc_buffer_truncate(buffer, rest);
  } else {
    glc_buffer_reset(buffer);
  }
  journal->buffer_offset = cursor;
}

/* The buffer's first line with its LF; of length 0 where none is whole. */
static enum glc_code find_line(struct glc_journal *journal,
                               struct glc_bytes *line,
                               struct glc_error *error) {
  struct glc_buffer *buffer = &journal->buffer;
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
    } else if (buffer->length >= LINE_MAX) {
      more = false; /* longer than any line of ours */
    } else {
      searched = buffer->length;
      code = fill_buffer(journal, &more, error);
    }
  }
  return code;
}

/* Cuts off what is behind the last whole line; *cut: how much that was. */
static enum glc_code cut_tail(struct glc_journal *journal, int64_t *cut,
                              struct glc_error *error) {
  struct stat status;

  if (fstat(journal->file.fd, &status) != 0) {
    return locked_file_failure(&journal->file, "read", error);
  }
  *cut = (int64_t)(status.st_size - journal->end);
  if (*cut > 0 && ftruncate(journal->file.fd, journal->end) != 0) {
    return locked_file_failure(&journal->file, "cut", error);
  }
  return GLC_OK;
}

enum glc_code glc_journal_next(struct glc_journal *journal, int64_t *cursor,
                               struct glc_bytes *text, bool *found,
                               int64_t *cut, struct glc_error *error) {
  struct glc_bytes line = {"", 0};
  enum glc_code code;

  *found = false;
  *cut = 0;
  if (*cursor == 0 || *cursor != journal->buffer_offset) {
    glc_buffer_reset(&journal->buffer); /* a new reading */
    journal->buffer_offset = *cursor;
  }
  move_buffer(journal, *cursor);
  code = find_line(journal, &line, error);
  if (code == GLC_OK && line.length > 0) {
    const struct glc_bytes content = {line.data, line.length - 1};

    *found = read_line(content, text);
  }
  if (*found) {
    *cursor += (int64_t)line.length;
  } else if (code == GLC_OK) {
    journal->end = (off_t)*cursor;
    glc_buffer_reset(&journal->buffer);
    code = cut_tail(journal, cut, error);
  }
  return code;
}

static enum glc_code check_text(struct glc_bytes text,
                                struct glc_error *error) {
  if (text.length > GLC_JOURNAL_TEXT_MAX) {
    return glc_error_set(error, GLC_INVALID,
                         "a journal's line may have %d bytes",
                         (int)GLC_JOURNAL_TEXT_MAX);
  }
  if (text.length > 0 && memchr(text.data, '\n', text.length) != NULL) {
    return glc_error_set(error, GLC_INVALID,
                         "a journal's line holds a line feed");
  }
  return GLC_OK;
}

/* Where the next line goes: what was there before, once it has been read. */
static enum glc_code find_end(struct glc_journal *journal,
                              struct glc_error *error) {
  struct glc_bytes text;
  int64_t cursor = 0, cut;
  bool found = journal->end < 0;
  enum glc_code code = GLC_OK;

  while (code == GLC_OK && found) {
    code = glc_journal_next(journal, &cursor, &text, &found, &cut, error);
  }
  return code == GLC_OK ? cut_tail(journal, &cut, error) : code;
}

enum glc_code glc_journal_append(struct glc_journal *journal,
                                 struct glc_bytes text, bool synchronize,
                                 struct glc_error *error) {
  struct glc_buffer line;
  enum glc_code code = check_text(text, error);

  glc_buffer_init(&line, LINE_MAX);
  if (code == GLC_OK) {
    code = find_end(journal, error);
  }
  if (code == GLC_OK) {
    append_line(&line, text);
    code = glc_buffer_check(&line, "a journal's line", error);
  }
  if (code == GLC_OK &&
      (!locked_file_write(journal->file.fd, glc_buffer_bytes(&line), -1) ||
       (synchronize && fsync(journal->file.fd) != 0))) {
    code = locked_file_failure(&journal->file, "write", error);
    (void)ftruncate(journal->file.fd, journal->end);
  } else if (code == GLC_OK) {
    journal->end += (off_t)line.length;
  }
  glc_buffer_free(&line);
  return code;
}

struct content {
  const struct glc_bytes *texts;
  size_t count;
  struct glc_buffer buffer;
  off_t written;
};

static bool flush_content(int fd, struct content *content) {
  const bool sound =
      glc_buffer_check(&content->buffer, "a journal", NULL) == GLC_OK;

  if (!sound) {
    errno = ENOMEM;
    return false;
  }
  content->written += (off_t)content->buffer.length;
  return locked_file_write(fd, glc_buffer_bytes(&content->buffer), -1);
}

static bool write_content(int fd, void *context) {
  struct content *content = context;
  bool sound = true;
  size_t i;

  for (i = 0; sound && i < content->count; i++) {
    append_line(&content->buffer, content->texts[i]);
    if (content->buffer.length >= LINE_MAX) {
      sound = flush_content(fd, content);
      glc_buffer_truncate(&content->buffer, 0);
    }
  }
  return sound && flush_content(fd, content);
}

enum glc_code glc_journal_rewrite(struct glc_journal *journal,
                                  const struct glc_bytes *texts, size_t count,
                                  struct glc_error *error) {
  struct content content;
  enum glc_code code = GLC_OK;
  size_t i;

  for (i = 0; code == GLC_OK && i < count; i++) {
    code = check_text(texts[i], error);
  }
  content.texts = texts;
  content.count = count;
  content.written = 0;
  glc_buffer_init(&content.buffer, 2 * LINE_MAX);
  if (code == GLC_OK) {
    code = locked_file_replace(&journal->file, O_APPEND, S_IRUSR | S_IWUSR,
                               write_content, &content, error);
  }
  if (code == GLC_OK) {
    journal->end = content.written;
    glc_buffer_reset(&journal->buffer);
  }
  glc_buffer_free(&content.buffer);
  return code;
}
