#include "inventory.h"

#include <stdlib.h>

#include "check.h"
#include "faults.h"

#define HASH "a116c9ed46d6207734a43317d30fd88f52ac8634c37d904bbf4e41d865f90475"
#define NAMES "ArchiveId,ArchiveDescription,CreationDate,Size,SHA256TreeHash\n"
#define DATE "2013-12-19T08:33:01Z"
#define ROW(id, description) \
  id "," description "," DATE ",7," HASH "\n"
#define ITEM(id, description)                                          \
  "{\"ArchiveId\":\"" id "\",\"ArchiveDescription\":\"" description    \
  "\",\"CreationDate\":\"" DATE "\",\"Size\":7,\"SHA256TreeHash\":\"" HASH \
  "\"}"

/* What a whole reading came to. */
struct reading {
  unsigned archives, bad;
  enum glc_inventory_event end;
  bool is_cut;
  size_t described; /* bytes of all descriptions */
  char last[64];    /* the beginning of the last */
  char message[GLC_MESSAGE_SIZE];
};

/* Each event's texts are read to their ends, so that ASan sees them. */
static void look_at(struct reading *reading, const struct glc_archive *archive) {
  struct glc_bytes text = archive->fields[GLC_ARCHIVE_DESCRIPTION];
  size_t i, length = text.length < 63 ? text.length : 63;

  for (i = 0; i < text.length; i++) {
    reading->described += text.data[i] != '\0';
  }
  memcpy(reading->last, text.data, length);
  reading->last[length] = '\0';
  reading->archives++;
}

static bool step(struct glc_inventory *inventory, struct reading *reading,
                 struct glc_bytes *data, size_t piece) {
  struct glc_archive archive;
  struct glc_error error;
  struct glc_bytes next = *data;

  reading->end = glc_inventory_next(inventory, &archive, &error);
  switch (reading->end) {
    case GLC_INVENTORY_ARCHIVE:
      look_at(reading, &archive);
      return true;
    case GLC_INVENTORY_BAD:
      reading->bad++;
      CHECK(glc_inventory_row(inventory).problem[0] != '\0');
      return true;
    case GLC_INVENTORY_MORE:
      next.length = data->length < piece ? data->length : piece;
      if (next.length == 0) {
        glc_inventory_finish(inventory);
      } else if (glc_inventory_feed(inventory, next, &error) != GLC_OK) {
        reading->end = GLC_INVENTORY_FAILED;
        (void)memcpy(reading->message, error.message, sizeof error.message);
        return false;
      }
      data->data += next.length;
      data->length -= next.length;
      return true;
    case GLC_INVENTORY_FAILED:
      reading->is_cut = glc_inventory_is_cut(inventory);
      (void)memcpy(reading->message, error.message, sizeof error.message);
      return false;
    default:
      return false;
  }
}

static struct reading read_bytes(struct glc_bytes data, size_t piece) {
  struct reading reading;
  struct glc_inventory *inventory = glc_inventory_open();

  memset(&reading, 0, sizeof reading);
  reading.end = GLC_INVENTORY_FAILED;
  while (inventory != NULL && step(inventory, &reading, &data, piece)) {
  }
  glc_inventory_close(inventory);
  return reading;
}

static const struct {
  const char *text;
  unsigned archives, bad;
  enum glc_inventory_event end;
  bool is_cut;
  const char *last;
} cases[] = {
    {NAMES, 0, 0, GLC_INVENTORY_END, false, ""},
    {NAMES ROW("a", ""), 1, 0, GLC_INVENTORY_END, false, ""},
    {"\xef\xbb\xbf" NAMES ROW("a", "b"), 1, 0, GLC_INVENTORY_END, false, "b"},
    {NAMES "\n" ROW("a", "b\r") "\r\n", 1, 0, GLC_INVENTORY_END, false, "b\r"},
    {NAMES ROW("a", "\"C:\\, \\\"x\\\" \\\""), 1, 0, GLC_INVENTORY_END, false,
     "C:\\, \"x\" \\"},
    {NAMES ROW("a", "\""), 1, 0, GLC_INVENTORY_END, false, "\""},
    {NAMES ROW("a", "\"\""), 1, 0, GLC_INVENTORY_END, false, ""},
    {NAMES ROW("a", "b") "c,d\n" ROW("e", "f,g"), 2, 1, GLC_INVENTORY_END,
     false, "f,g"},
    {NAMES ROW("a b", "") ROW("", "") ROW("c", ""), 1, 2, GLC_INVENTORY_END,
     false, ""},
    {"ArchiveId\n", 0, 0, GLC_INVENTORY_FAILED, false, ""},
    {"Size,ArchiveId,Size,SHA256TreeHash\n", 0, 0, GLC_INVENTORY_FAILED, false,
     ""},
    {"", 0, 0, GLC_INVENTORY_FAILED, false, ""},
    {" \r\n\xef", 0, 0, GLC_INVENTORY_FAILED, false, ""},
    {"{\"ArchiveList\":[]}", 0, 0, GLC_INVENTORY_END, false, ""},
    {"\xef\xbb\xbf {\"ArchiveList\":[" ITEM("a", "b\\u00e9") "]}\n", 1, 0,
     GLC_INVENTORY_END, false, "b\xc3\xa9"},
    {"{\"ArchiveList\":[" ITEM("a", "\\ud83d\\ude00\\ud83d.\\ude00") "]}", 1, 0,
     GLC_INVENTORY_END, false, "\xf0\x9f\x98\x80\xef\xbf\xbd.\xef\xbf\xbd"},
    {"{\"ArchiveList\":[" ITEM("a", "\\ud83d\\n\\ud83d") "]}", 1, 0,
     GLC_INVENTORY_END, false, "\xef\xbf\xbd\n\xef\xbf\xbd"},
    {"{\"ArchiveList\":[" ITEM("a", "\\q") "," ITEM("a", "\\u12x4") ","
     ITEM("a", "c") "]}", 1, 2, GLC_INVENTORY_END, false, "c"},
    {"{\"ArchiveList\":[1,null,[[{}]],\"x\",{}," ITEM("a", "b") "]}", 1, 5,
     GLC_INVENTORY_END, false, "b"},
    {"{\"ArchiveList\":[" ITEM("a", "b"), 1, 0, GLC_INVENTORY_FAILED, true,
     "b"},
    {"{\"ArchiveList\":[" ITEM("a", "b") "]", 1, 0, GLC_INVENTORY_FAILED, true,
     "b"},
    {"{\"ArchiveList\":[" ITEM("a", "b") ",]}", 1, 0, GLC_INVENTORY_FAILED,
     false, "b"},
    {"{\"ArchiveList\":[" ITEM("a", "b") "}", 1, 0, GLC_INVENTORY_FAILED, false,
     "b"},
    {"{\"ArchiveList\":[]}x", 0, 0, GLC_INVENTORY_FAILED, false, ""},
    {"{\"ArchiveList\":[]}{", 0, 0, GLC_INVENTORY_FAILED, false, ""},
    {"{\"ArchiveList\":null}", 0, 0, GLC_INVENTORY_FAILED, false, ""},
    {"{\"ArchiveList\":{}}", 0, 0, GLC_INVENTORY_FAILED, false, ""},
    {"{\"a\":{\"ArchiveList\":[1]},\"b\":[1,2e5,-0.5E-2]}", 0, 0,
     GLC_INVENTORY_FAILED, false, ""},
    {"{\"a\":01,\"ArchiveList\":[]}", 0, 0, GLC_INVENTORY_FAILED, false, ""},
    {"{\"a\":nul,\"ArchiveList\":[]}", 0, 0, GLC_INVENTORY_FAILED, false, ""},
    {"{,}", 0, 0, GLC_INVENTORY_FAILED, false, ""},
    {"[]", 0, 0, GLC_INVENTORY_FAILED, false, ""},
    {"{}", 0, 0, GLC_INVENTORY_FAILED, false, ""},
};

static void test_cases(void) {
  static const size_t pieces[] = {1, 2, 3, 7, GLC_INVENTORY_PIECE};
  size_t i, p;

  for (i = 0; i < sizeof cases / sizeof *cases; i++) {
    for (p = 0; p < sizeof pieces / sizeof *pieces; p++) {
      struct reading reading =
          read_bytes(glc_bytes_of(cases[i].text), pieces[p]);
      bool same = CHECK_NUMBER(reading.archives, cases[i].archives) &&
                  CHECK_NUMBER(reading.bad, cases[i].bad) &&
                  CHECK_NUMBER(reading.end, cases[i].end) &&
                  CHECK_NUMBER(reading.is_cut, cases[i].is_cut) &&
                  CHECK_BYTES(glc_bytes_of(reading.last), cases[i].last);

      if (!same) {
        printf("  of %s\n  %s\n", cases[i].text, reading.message);
      }
    }
  }
}

static unsigned random_number(unsigned *seed, unsigned limit) {
  *seed = *seed * 1103515245u + 12345u;
  return (*seed >> 8) % limit;
}

/* Hostile bytes come to an end, whatever they are, and never past theirs. */
static void test_mutations(void) {
  static const char marks[] = "\"\\{}[],:\n\r\0u0e-.x\xff\xef";
  unsigned seed = 7;
  size_t i, round;

  for (i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct glc_bytes text = glc_bytes_of(cases[i].text);

    for (round = 0; text.length > 0 && round < 2000; round++) {
      size_t length = 1 + random_number(&seed, (unsigned)text.length);
      char *copy = malloc(length); /* so that ASan knows where it ends */
      struct glc_bytes data = {copy, length};
      unsigned changes = random_number(&seed, 4);

      if (!CHECK(copy != NULL)) {
        return;
      }
      memcpy(copy, text.data, length);
      while (changes-- > 0) {
        copy[random_number(&seed, (unsigned)length)] =
            marks[random_number(&seed, sizeof marks)];
      }
      struct reading whole = read_bytes(data, GLC_INVENTORY_PIECE);
      struct reading parts =
          read_bytes(data, 1 + random_number(&seed, 9));

      CHECK(whole.end == parts.end && whole.archives == parts.archives &&
            whole.bad == parts.bad && whole.is_cut == parts.is_cut &&
            whole.described == parts.described);
      free(copy);
    }
  }
}

/* Feeds `text` so many times; what is held does not grow with it. */
static enum glc_inventory_event repeat(struct glc_inventory *inventory,
                                       const char *text, size_t times,
                                       unsigned *bad) {
  struct glc_archive archive;
  struct glc_error error;
  enum glc_inventory_event event = GLC_INVENTORY_MORE;

  while (times-- > 0 && event == GLC_INVENTORY_MORE) {
    CHECK_NUMBER(glc_inventory_feed(inventory, glc_bytes_of(text), &error),
                 GLC_OK);
    while ((event = glc_inventory_next(inventory, &archive, &error)) ==
               GLC_INVENTORY_BAD ||
           event == GLC_INVENTORY_ARCHIVE) {
      *bad += event == GLC_INVENTORY_BAD;
    }
  }
  return event;
}

/* Members, rows and nesting without end. */
static void test_bounds(void) {
  static const struct {
    const char *begin, *middle, *end;
    unsigned bad;
    enum glc_inventory_event event;
  } long_ones[] = {
      {"{\"x\":\"", "0123456789", "\",\"ArchiveList\":[]}", 0,
       GLC_INVENTORY_MORE},
      {"{\"x\":[0", ",{\"a\":1}", "],\"ArchiveList\":[]}", 0,
       GLC_INVENTORY_MORE},
      {"{\"ArchiveList\":[{\"ArchiveDescription\":\"", "0123456789", "\"}]}", 1,
       GLC_INVENTORY_MORE},
      {"{\"ArchiveList\":[{\"x\":\"", "0123456789", "\"}]}", 1,
       GLC_INVENTORY_MORE},
      {"{\"ArchiveList\":[{\"Size\":", "0123456789", "}]}", 1,
       GLC_INVENTORY_MORE},
      {"{\"", "0123456789", "\":0,\"ArchiveList\":[]}", 0, GLC_INVENTORY_MORE},
      {NAMES "a,", "0123456789", "\n", 1, GLC_INVENTORY_MORE},
      {"{\"x\":", "[[[[[[[[[[", "", 0, GLC_INVENTORY_FAILED},
      {"{\"ArchiveList\":[", "{\"a\":", "", 0, GLC_INVENTORY_FAILED},
      {"", "a,b,c,d,e,f", "\n", 0, GLC_INVENTORY_FAILED},
  };
  size_t i;

  for (i = 0; i < sizeof long_ones / sizeof *long_ones; i++) {
    struct glc_inventory *inventory;
    enum glc_inventory_event event;
    unsigned bad = 0;

    faults_measure();
    inventory = glc_inventory_open();
    if (!CHECK(inventory != NULL)) {
      return;
    }
    (void)repeat(inventory, long_ones[i].begin, 1, &bad);
    event = repeat(inventory, long_ones[i].middle, 300000, &bad);
    if (event == GLC_INVENTORY_MORE) {
      event = repeat(inventory, long_ones[i].end, 1, &bad);
    }
    CHECK_NUMBER(event, long_ones[i].event);
    CHECK_NUMBER(bad, long_ones[i].bad);
    CHECK(glc_inventory_row(inventory).text.length <= 64 * 1024);
    CHECK(faults.peak < 8 * 1024 * 1024);
    glc_inventory_close(inventory);
  }
}

static void test_size(void) {
  static const char *const texts[] = {
      NAMES ROW("a", "b"), "{\"ArchiveList\":[" ITEM("a", "b") "]}"};
  size_t i;

  for (i = 0; i < 4; i++) {
    const char *text = texts[i % 2];
    struct glc_bytes data = glc_bytes_of(text);
    struct reading reading;
    struct glc_inventory *inventory = glc_inventory_open();
    const bool is_right = i >= 2;

    memset(&reading, 0, sizeof reading);
    if (!CHECK(inventory != NULL)) {
      return;
    }
    glc_inventory_expect(inventory, data.length + !is_right);
    while (step(inventory, &reading, &data, 7)) {
    }
    CHECK_NUMBER(reading.archives, 1);
    CHECK_NUMBER(reading.end,
                 is_right ? GLC_INVENTORY_END : GLC_INVENTORY_FAILED);
    CHECK_NUMBER(reading.is_cut, !is_right);
    glc_inventory_close(inventory);
  }
}

/* A piece too many, or too large, is refused. */
static void test_misuse(void) {
  static char large[GLC_INVENTORY_PIECE + 1];
  struct glc_bytes data = {large, sizeof large};
  struct glc_inventory *inventory = glc_inventory_open();

  if (CHECK(inventory != NULL)) {
    CHECK_NUMBER(glc_inventory_feed(inventory, data, NULL), GLC_TOO_LARGE);
    data.length = 3;
    CHECK_NUMBER(glc_inventory_feed(inventory, data, NULL), GLC_OK);
    CHECK_NUMBER(glc_inventory_feed(inventory, data, NULL), GLC_INVALID);
  }
  glc_inventory_close(inventory);
  glc_inventory_close(NULL);
}

static void test_no_memory(void) {
  size_t i;

  for (i = 0; i < sizeof cases / sizeof *cases; i++) {
    unsigned long n;
    bool failed = true;

    for (n = 1; failed && n < 100; n++) {
      struct reading reading;

      faults_arm(n, true);
      reading = read_bytes(glc_bytes_of(cases[i].text), 7);
      failed = faults_disarm();
      CHECK(!failed || reading.end == GLC_INVENTORY_FAILED);
      CHECK(failed || reading.archives == cases[i].archives);
    }
    CHECK(n < 100);
  }
}

int main(void) {
  test_cases();
  test_mutations();
  test_bounds();
  test_size();
  test_misuse();
  test_no_memory();
  return check_report("inventory");
}
