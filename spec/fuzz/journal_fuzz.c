/*
 * Journals: any bytes are read as whole lines, then nothing; what was cut is
 * gone; lines rewritten read the same. Lines that were written and then torn or
 * spoilt read as a beginning of them.
 *
 * The input: a byte; odd: the file's bytes. Even: two bytes that say where to
 * cut, one that is laid over the byte there, then lines, each ended by LF.
 */
#define _POSIX_C_SOURCE 200809L

#include "fuzz.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "download.h"

enum { MOST_LINES = 4096, HEAD = 4 };

static char path[64];

struct lines {
  struct text list[MOST_LINES];
  size_t count;
};

static void lines_drop(struct lines *lines) {
  while (lines->count > 0) {
    text_drop(&lines->list[--lines->count]);
  }
}

/* A folder in memory where there is one: rewriting waits for the disk. */
static void find_path(void) {
  char folder[] = "/dev/shm/glacier-fuzz-XXXXXX";
  char other[] = "/tmp/glacier-fuzz-XXXXXX";
  const char *made = mkdtemp(folder);

  if (made == NULL) {
    made = mkdtemp(other);
  }
  REQUIRE(made != NULL);
  (void)snprintf(path, sizeof path, "%s/journal", made);
}

static void remove_path(void) {
  char *slash = strrchr(path, '/');

  (void)unlink(path);
  *slash = '\0';
  (void)rmdir(path);
}

static struct glc_journal *journal_open(void) {
  struct glc_error error = {GLC_OK, ""};
  struct glc_journal *journal;
  pid_t holder = 0;

  journal = glc_journal_open(glc_bytes_of(path), &holder, &error);
  REQUIRE(journal != NULL);
  return journal;
}

static int64_t file_size(void) {
  struct stat status;

  REQUIRE(stat(path, &status) == 0);
  return status.st_size;
}

/* Reads all lines; how many bytes were cut. */
static int64_t read_lines(struct glc_journal *journal, struct lines *lines) {
  struct glc_bytes text;
  int64_t cursor = 0, cut = 0;
  const int64_t before = file_size();
  bool found = true;

  lines->count = 0;
  while (found) {
    REQUIRE(glc_journal_next(journal, &cursor, &text, &found, &cut, NULL) ==
            GLC_OK);
    if (found) {
      struct text *line = &lines->list[lines->count];

      REQUIRE(lines->count++ < MOST_LINES - 1);
      line->data = NULL;
      line->length = 0;
      text_add(line, text.data, text.length);
    }
  }
  REQUIRE(file_size() == before - cut);
  return cut;
}

static bool begins_alike(const struct lines *a, const struct lines *b) {
  size_t i;

  for (i = 0; i < a->count; i++) {
    if (i >= b->count || text_compare(&a->list[i], &b->list[i]) != 0) {
      return false;
    }
  }
  return true;
}

/* Reads the file twice, and once more when it has been rewritten. */
static void check_file(const struct lines *written) {
  static struct lines first, again;
  static struct glc_bytes texts[MOST_LINES];
  struct glc_journal *journal = journal_open();
  size_t i;

  (void)read_lines(journal, &first);
  REQUIRE(written == NULL || begins_alike(&first, written));
  REQUIRE(read_lines(journal, &again) == 0);
  REQUIRE(first.count == again.count && begins_alike(&first, &again));
  lines_drop(&again);
  for (i = 0; i < first.count; i++) {
    texts[i].data = first.list[i].data;
    texts[i].length = first.list[i].length;
  }
  REQUIRE(glc_journal_rewrite(journal, texts, first.count, NULL) == GLC_OK);
  glc_journal_close(journal);
  journal = journal_open();
  REQUIRE(read_lines(journal, &again) == 0);
  REQUIRE(first.count == again.count && begins_alike(&first, &again));
  glc_journal_close(journal);
  lines_drop(&first);
  lines_drop(&again);
}

static void write_file(const uint8_t *data, size_t size) {
  const int file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

  REQUIRE(file >= 0);
  REQUIRE(write(file, data, size) == (ssize_t)size);
  REQUIRE(close(file) == 0);
}

/* Appends the lines by the journal itself. */
static void append_lines(struct lines *lines, struct glc_bytes rest) {
  struct glc_journal *journal;

  write_file((const uint8_t *)"", 0);
  journal = journal_open();
  while (rest.length > 0 && lines->count < MOST_LINES - 1) {
    const struct glc_bytes text = fuzz_cut(&rest, '\n');
    struct text *line = &lines->list[lines->count++];

    line->data = NULL;
    line->length = 0;
    text_add(line, text.data, text.length);
    REQUIRE(glc_journal_append(journal, text, false, NULL) == GLC_OK);
  }
  glc_journal_close(journal);
}

/* Cuts the file off there, or lays a byte over it; whether it was touched. */
static bool spoil(unsigned where, uint8_t with) {
  const int64_t size = file_size();
  const int64_t at = size > 0 ? (int64_t)where % (size + 1) : 0;
  bool touched = at < size;

  if (with == 0) {
    REQUIRE(truncate(path, at) == 0);
  } else if (touched) {
    const int file = open(path, O_RDWR);
    uint8_t byte;

    REQUIRE(file >= 0 && pread(file, &byte, 1, at) == 1);
    byte ^= with;
    REQUIRE(pwrite(file, &byte, 1, at) == 1 && close(file) == 0);
  }
  return touched;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static struct lines written;

  if (path[0] == '\0') {
    find_path();
    (void)atexit(remove_path);
  }
  if (size < HEAD || size > 32768) {
    return -1;
  }
  if (data[0] % 2 == 1) {
    write_file(data + 1, size - 1);
    check_file(NULL);
  } else {
    const struct glc_bytes lines = {(const char *)data + HEAD, size - HEAD};
    static struct lines there;
    struct glc_journal *journal;

    append_lines(&written, lines);
    journal = journal_open();
    REQUIRE(read_lines(journal, &there) == 0);
    REQUIRE(there.count == written.count && begins_alike(&there, &written));
    glc_journal_close(journal);
    lines_drop(&there);
    (void)spoil((unsigned)data[1] * 256 + data[2], data[3]);
    check_file(&written);
    lines_drop(&written);
  }
  return 0;
}
