#include "check.h"
#include "error.h"
#include "faults.h"

#define FFFD "\xEF\xBF\xBD"

static struct glc_bytes message_of(const struct glc_error *error) {
  return glc_bytes_of(error->message);
}

/* What is no UTF-8 is replaced: the Unicode Standard, 3.9, table 3-8. */
static void test_replaced(void) {
  static const struct {
    const char *raw, *shown;
  } cases[] = {
      {"", ""},
      {"plain", "plain"},
      {"caf\xC3\xA9 \xE2\x82\xAC \xF0\x9F\x98\x80", "caf\xC3\xA9 \xE2\x82\xAC "
                                                    "\xF0\x9F\x98\x80"},
      {"a\xFF\xFE", "a" FFFD FFFD},
      {"caf\xE9!", "caf" FFFD "!"},
      {"\xE2\x82", FFFD},
      {"\xE2\x82x", FFFD "x"},
      {"\xF0\x9F\x98", FFFD},
      {"\xC0\xAF", FFFD FFFD},
      {"\xED\xA0\x80", FFFD FFFD FFFD},
      {"\xF4\x90\x80\x80", FFFD FFFD FFFD FFFD},
      {"\x80\xC3\xA9", FFFD "\xC3\xA9"},
  };
  size_t i;

  for (i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct glc_error error;

    CHECK_NUMBER(glc_error_set(&error, GLC_INVALID, "%s", cases[i].raw),
                 GLC_INVALID);
    CHECK_BYTES(message_of(&error), cases[i].shown);
  }
}

/* Before, at and behind the end, characters of each length. */
static void test_cut(void) {
  static const char *const characters[] = {"x", "\xC3\xA9", "\xE2\x82\xAC",
                                           "\xF0\x9F\x98\x80", "\xFF"};
  size_t i, before, j;

  for (i = 0; i < sizeof characters / sizeof *characters; i++) {
    size_t size = characters[i][0] == '\xFF' ? 3 : strlen(characters[i]);

    for (before = GLC_MESSAGE_SIZE - 8; before < GLC_MESSAGE_SIZE + 8;
         before++) {
      char raw[GLC_MESSAGE_SIZE + 16];
      struct glc_error error;
      size_t length, expected = GLC_MESSAGE_SIZE - 1;

      memset(raw, 'm', before);
      memcpy(raw + before, characters[i], strlen(characters[i]) + 1);
      (void)glc_error_set(&error, GLC_INVALID, "%s", raw);
      if (before + size < GLC_MESSAGE_SIZE) {
        expected = before + size;
      } else if (before < GLC_MESSAGE_SIZE) {
        expected = before;
      }
      length = strlen(error.message);
      CHECK_NUMBER(length, expected);
      for (j = 0; j < before && j < length; j++) {
        if (error.message[j] != 'm') {
          CHECK(false);
        }
      }
    }
  }
}

static void test_limit(void) {
  static const char text[] = "a\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80";
  static const size_t expected[] = {0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10, 10};
  size_t limit;

  for (limit = 0; limit < sizeof expected / sizeof *expected; limit++) {
    CHECK_NUMBER(glc_error_cut(text, sizeof text - 1, limit), expected[limit]);
  }
  CHECK_NUMBER(glc_error_cut("\x80\x80\x80\x80\x80\x80", 6, 5), 2);
  CHECK_NUMBER(glc_error_cut("\x80\x80\x80", 3, 2), 0);
}

int main(void) {
  CHECK_NUMBER(glc_error_set(NULL, GLC_INVALID, "%s", "x"), GLC_INVALID);
  test_replaced();
  test_cut();
  test_limit();
  return check_report("error");
}
