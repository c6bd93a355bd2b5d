#define _POSIX_C_SOURCE 200809L /* ftruncate, fsync, pread */

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "journal.h"
#include "journal_lines.h"
#include "locked_file.h"

/*
 * `end` is where the last whole line ends, once that is known (-1: not yet).
 * What a failed write left behind it is cut off before the next one.
 */
struct glc_journal {
  pthread_mutex_t lock; /* ranges append in threads of their own */
  struct locked_file file;
  pid_t owner;
  unsigned holders;
  off_t end;
  struct reader reader; /* of glc_journal_next */
};

struct glc_journal *glc_journal_open(struct glc_bytes path, pid_t *holder,
                                     struct glc_error *error) {
  struct glc_journal *journal = calloc(1, sizeof *journal);

  *holder = 0;
  if (journal == NULL) {
    glc_error_set(error, GLC_NO_MEMORY, "no memory for a journal");
    return NULL;
  }
  (void)pthread_mutex_init(&journal->lock, NULL);
  journal->owner = getpid();
  journal->holders = 1;
  journal->end = -1;
  reader_init(&journal->reader);
  if (locked_file_open(&journal->file, path, O_APPEND, S_IRUSR | S_IWUSR,
                       holder, error) != GLC_OK) {
    journal_drop(journal);
    journal = NULL;
  }
  return journal;
}

struct glc_journal *journal_keep(struct glc_journal *journal) {
  (void)pthread_mutex_lock(&journal->lock);
  journal->holders++;
  (void)pthread_mutex_unlock(&journal->lock);
  return journal;
}

/* In a forked child a thread may have had the lock: there it is left alone. */
static bool is_forked(const struct glc_journal *journal) {
  return journal->owner != getpid();
}

void journal_drop(struct glc_journal *journal) {
  bool is_last;

  if (journal != NULL && !is_forked(journal)) {
    (void)pthread_mutex_lock(&journal->lock);
    is_last = --journal->holders == 0;
    (void)pthread_mutex_unlock(&journal->lock);
    if (is_last) {
      locked_file_close(&journal->file);
      glc_buffer_free(&journal->reader.buffer);
      (void)pthread_mutex_destroy(&journal->lock);
      free(journal);
    }
  }
}

void glc_journal_close(struct glc_journal *journal) {
  if (journal != NULL && is_forked(journal)) {
    locked_file_close(&journal->file); /* the child's copy: the lock stays */
  } else if (journal != NULL) {
    (void)pthread_mutex_lock(&journal->lock);
    locked_file_close(&journal->file);
    (void)pthread_mutex_unlock(&journal->lock);
    journal_drop(journal);
  }
}

/* Locks it, where there is something to be done with it. */
static enum glc_code enter(struct glc_journal *journal,
                           struct glc_error *error) {
  enum glc_code code = GLC_OK;

  if (is_forked(journal)) {
    return glc_error_set(error, GLC_FILE,
                         "the journal is the parent process's");
  }
  (void)pthread_mutex_lock(&journal->lock);
  if (journal->file.fd < 0) {
    code = glc_error_set(error, GLC_FILE, "the journal is closed");
    (void)pthread_mutex_unlock(&journal->lock);
  }
  return code;
}

static void leave(struct glc_journal *journal) {
  (void)pthread_mutex_unlock(&journal->lock);
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

/* As glc_journal_next, with any reader. Locked. */
static enum glc_code next_line(struct glc_journal *journal,
                               struct reader *reader, int64_t *cursor,
                               struct glc_bytes *text, bool *found,
                               int64_t *cut, struct glc_error *error) {
  struct glc_bytes line = {"", 0};
  enum glc_code code;

  *found = false;
  *cut = 0;
  reader_move(reader, *cursor);
  code = reader_find_line(&journal->file, reader, &line, error);
  if (code == GLC_OK && line.length > 0) {
    const struct glc_bytes content = {line.data, line.length - 1};

    *found = journal_read_line(content, text);
  }
  if (*found) {
    *cursor += (int64_t)line.length;
  } else if (code == GLC_OK) {
    journal->end = (off_t)*cursor;
    code = cut_tail(journal, cut, error);
  }
  return code;
}

enum glc_code glc_journal_next(struct glc_journal *journal, int64_t *cursor,
                               struct glc_bytes *text, bool *found,
                               int64_t *cut, struct glc_error *error) {
  enum glc_code code = enter(journal, error);

  *found = false;
  *cut = 0;
  if (code == GLC_OK) {
    code = next_line(journal, &journal->reader, cursor, text, found, cut,
                     error);
    leave(journal);
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

/* Where the next line goes: what was there before is read for it once. */
static enum glc_code find_end(struct glc_journal *journal,
                              struct glc_error *error) {
  struct reader reader;
  struct glc_bytes text;
  int64_t cursor = 0, cut;
  bool found = journal->end < 0;
  enum glc_code code = GLC_OK;

  reader_init(&reader);
  while (code == GLC_OK && found) {
    code = next_line(journal, &reader, &cursor, &text, &found, &cut, error);
  }
  glc_buffer_free(&reader.buffer);
  return code == GLC_OK ? cut_tail(journal, &cut, error) : code;
}

static enum glc_code write_line(struct glc_journal *journal,
                                struct glc_bytes line, bool synchronize,
                                struct glc_error *error) {
  enum glc_code code = find_end(journal, error);

  if (code == GLC_OK &&
      (!locked_file_write(journal->file.fd, line, -1) ||
       (synchronize && fsync(journal->file.fd) != 0))) {
    code = locked_file_failure(&journal->file, "write", error);
    if (ftruncate(journal->file.fd, journal->end) != 0) {
      journal->end = -1; /* what is there now, the next append finds out */
    }
  } else if (code == GLC_OK) {
    journal->end += (off_t)line.length;
  }
  return code;
}

enum glc_code glc_journal_append(struct glc_journal *journal,
                                 struct glc_bytes text, bool synchronize,
                                 struct glc_error *error) {
  struct glc_buffer line;
  enum glc_code code = check_text(text, error);

  glc_buffer_init(&line, JOURNAL_LINE_MAX);
  if (code == GLC_OK) {
    journal_append_line(&line, text);
    code = glc_buffer_check(&line, "a journal's line", error);
  }
  if (code == GLC_OK) {
    code = enter(journal, error);
  }
  if (code == GLC_OK) {
    code = write_line(journal, glc_buffer_bytes(&line), synchronize, error);
    leave(journal);
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
    journal_append_line(&content->buffer, content->texts[i]);
    if (content->buffer.length >= JOURNAL_LINE_MAX) {
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
  glc_buffer_init(&content.buffer, (size_t)2 * JOURNAL_LINE_MAX);
  if (code == GLC_OK) {
    code = enter(journal, error);
  }
  if (code == GLC_OK) {
    code = locked_file_replace(&journal->file, O_APPEND, S_IRUSR | S_IWUSR,
                               write_content, &content, error);
    if (code == GLC_OK) {
      journal->end = content.written;
      glc_buffer_reset(&journal->reader.buffer);
    }
    leave(journal);
  }
  glc_buffer_free(&content.buffer);
  return code;
}
