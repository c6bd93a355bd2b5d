/* The lines of a journal, and reading them. */
#ifndef GLC_JOURNAL_LINES_H
#define GLC_JOURNAL_LINES_H

#include "download.h"
#include "locked_file.h"

#pragma GCC visibility push(hidden)

/* A line: the check value in hexadecimal digits, a blank, the text, LF. */
enum {
  JOURNAL_CHECK_SIZE = 8,
  JOURNAL_LINE_MAX = JOURNAL_CHECK_SIZE + 2 + GLC_JOURNAL_TEXT_MAX
};

void journal_append_line(struct glc_buffer *buffer, struct glc_bytes text);

/* The text of a line without its LF; false where it does not check. */
bool journal_read_line(struct glc_bytes line, struct glc_bytes *text);

/* What was read of the file from `offset` on. */
struct reader {
  struct glc_buffer buffer;
  int64_t offset;
};

void reader_init(struct reader *reader);

/* Drops what lies before the cursor, or all at the beginning of a reading. */
void reader_move(struct reader *reader, int64_t cursor);

/* The first line with its LF; of length 0 where none is whole. */
enum glc_code reader_find_line(const struct locked_file *file,
                               struct reader *reader, struct glc_bytes *line,
                               struct glc_error *error);

#pragma GCC visibility pop

#endif
