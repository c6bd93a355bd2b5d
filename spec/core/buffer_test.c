#include <stdint.h>
#include <stdlib.h>

#include "check.h"
#include "faults.h"

#define SECRET "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"

/* Whether the content is `length` times 'x', and a NUL behind it. */
static bool is_filled(const struct glc_buffer *buffer, size_t length) {
  size_t i;

  for (i = 0; i < length && i < buffer->length; i++) {
    if (buffer->data[i] != 'x') {
      return false;
    }
  }
  return buffer->length == length &&
         (buffer->data == NULL || buffer->data[length] == '\0');
}

static void test_maximum(void) {
  static const size_t maxima[] = {0, 1, 2, 126, 127, 128, 129, 255, 256, 1000};
  size_t i, j;

  for (i = 0; i < sizeof maxima / sizeof *maxima; i++) {
    struct glc_buffer buffer;
    struct glc_error error = {GLC_OK, ""};

    glc_buffer_init(&buffer, maxima[i]);
    for (j = 0; j < maxima[i]; j++) {
      glc_buffer_append_byte(&buffer, 'x');
    }
    CHECK_NUMBER(glc_buffer_check(&buffer, "it", &error), GLC_OK);
    CHECK(is_filled(&buffer, maxima[i]));
    glc_buffer_append_text(&buffer, "");
    CHECK_NUMBER(buffer.failure, GLC_OK);
    glc_buffer_append_byte(&buffer, 'y');
    CHECK_NUMBER(glc_buffer_check(&buffer, "it", &error), GLC_TOO_LARGE);
    CHECK_NUMBER(error.code, GLC_TOO_LARGE);
    CHECK(is_filled(&buffer, maxima[i]));
    glc_buffer_free(&buffer);
  }
}

static void test_one_append_of_all(void) {
  char text[301];
  size_t maximum;

  memset(text, 'x', 300);
  text[300] = '\0';
  for (maximum = 298; maximum <= 301; maximum++) {
    struct glc_buffer buffer;

    glc_buffer_init(&buffer, maximum);
    glc_buffer_append_text(&buffer, text);
    CHECK_NUMBER(buffer.failure, maximum < 300 ? GLC_TOO_LARGE : GLC_OK);
    CHECK(is_filled(&buffer, maximum < 300 ? 0 : 300));
    glc_buffer_free(&buffer);
  }
}

static void test_sticky_failure(void) {
  struct glc_buffer buffer;
  struct glc_error error;

  glc_buffer_init(&buffer, 4);
  glc_buffer_append_text(&buffer, "ab");
  glc_buffer_append_text(&buffer, "cde");
  glc_buffer_append_byte(&buffer, 'c'); /* would fit */
  glc_buffer_append_hex(&buffer, (const unsigned char *)"\1", 1);
  glc_buffer_append_encoded(&buffer, glc_bytes_of("c"), '\0');
  CHECK_BYTES(glc_buffer_bytes(&buffer), "ab");
  CHECK_NUMBER(glc_buffer_check(&buffer, "the thing", &error), GLC_TOO_LARGE);
  CHECK(strstr(error.message, "the thing") != NULL);
  glc_buffer_truncate(&buffer, 0);
  CHECK_NUMBER(buffer.failure, GLC_TOO_LARGE);
  glc_buffer_reset(&buffer);
  CHECK_NUMBER(buffer.failure, GLC_OK);
  glc_buffer_append_text(&buffer, "abcd");
  CHECK_BYTES(glc_buffer_bytes(&buffer), "abcd");
  glc_buffer_free(&buffer);
  CHECK_BYTES(glc_buffer_bytes(&buffer), "");
  glc_buffer_append_text(&buffer, "again");
  CHECK_NUMBER(glc_buffer_check(&buffer, "it", NULL), GLC_TOO_LARGE);
  glc_buffer_free(&buffer);
}

static void test_empty(void) {
  struct glc_bytes nothing = {NULL, 0};
  struct glc_buffer buffer;

  glc_buffer_init(&buffer, 10);
  CHECK_BYTES(glc_buffer_bytes(&buffer), "");
  glc_buffer_append(&buffer, nothing);
  glc_buffer_truncate(&buffer, 0);
  glc_buffer_truncate(&buffer, 5);
  CHECK_BYTES(glc_buffer_bytes(&buffer), "");
  CHECK(glc_bytes_equal(nothing, glc_bytes_of("")));
  CHECK(!glc_bytes_equal(glc_bytes_of("a"), glc_bytes_of("b")));
  CHECK(!glc_bytes_equal(glc_bytes_of("a"), glc_bytes_of("aa")));
  glc_buffer_free(&buffer);
}

static void test_no_bound(void) {
  struct glc_buffer buffer;
  struct glc_bytes huge = {"", SIZE_MAX};
  size_t i;

  glc_buffer_init(&buffer, SIZE_MAX);
  for (i = 0; i < 1000; i++) {
    glc_buffer_append_byte(&buffer, 'x');
  }
  CHECK(is_filled(&buffer, 1000));
  glc_buffer_append(&buffer, huge);
  CHECK_NUMBER(buffer.failure, GLC_TOO_LARGE);
  CHECK(is_filled(&buffer, 1000));
  glc_buffer_free(&buffer);
}

static void test_encodings(void) {
  static const unsigned char bytes[] = {0x00, 0x0f, 0xf0, 0xff, 0x5a};
  struct glc_buffer buffer;
  int byte;

  glc_buffer_init(&buffer, 100);
  glc_buffer_append_hex(&buffer, bytes, sizeof bytes);
  CHECK_BYTES(glc_buffer_bytes(&buffer), "000ff0ff5a");
  for (byte = 0; byte < 256; byte++) {
    static const char unreserved[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
    const char text = (char)byte;
    const struct glc_bytes one = {&text, 1};
    char expected[8];

    (void)snprintf(expected, sizeof expected,
                   byte != 0 && strchr(unreserved, byte) ? "%c" : "%%%02X",
                   byte);
    glc_buffer_reset(&buffer);
    glc_buffer_append_encoded(&buffer, one, '\0');
    CHECK_BYTES(glc_buffer_bytes(&buffer), expected);
  }
  glc_buffer_reset(&buffer);
  glc_buffer_append_encoded(&buffer, glc_bytes_of("/a b/%/\xc3\xa9" "c/"), '/');
  CHECK_BYTES(glc_buffer_bytes(&buffer), "/a%20b/%25/%C3%A9c/");
  glc_buffer_append_encoded(&buffer, glc_bytes_of(""), '/');
  glc_buffer_append_encoded(&buffer, glc_bytes_of("/"), '\0');
  CHECK_BYTES(glc_buffer_bytes(&buffer), "/a%20b/%25/%C3%A9c/%2F");
  glc_buffer_free(&buffer);
}

static bool is_zero(const char *data, size_t from, size_t to) {
  size_t i;

  for (i = from; i < to; i++) {
    if (data[i] != '\0') {
      return false;
    }
  }
  return true;
}

static void test_wiped(void) {
  struct glc_buffer buffer;
  size_t i;

  faults_seek(SECRET);
  glc_buffer_init_secret(&buffer, 10000);
  for (i = 0; i < 100; i++) { /* the storage moves several times */
    glc_buffer_append_text(&buffer, SECRET);
  }
  glc_buffer_free(&buffer);
  CHECK_NUMBER(faults.unwiped, 0);
  glc_buffer_init(&buffer, 10000);
  glc_buffer_append_text(&buffer, SECRET);
  glc_buffer_free(&buffer);
  CHECK_NUMBER(faults.unwiped, 1); /* the search does find what is there */
  glc_buffer_init_secret(&buffer, 10000);
  for (i = 0; i < 100; i++) { /* shorter each time, so its end stays behind */
    glc_buffer_append_text(&buffer, &"a shorter one"[i % 13]);
    glc_buffer_append_text(&buffer, i == 0 ? SECRET SECRET : "");
    glc_buffer_rewind(&buffer);
    CHECK_BYTES(glc_buffer_bytes(&buffer), "");
  }
  glc_buffer_free(&buffer);
  CHECK_NUMBER(faults.unwiped, 1);
  for (i = 0; i < 2; i++) { /* it moves while it is shorter than it was */
    glc_buffer_init_secret(&buffer, 10000);
    glc_buffer_append_text(&buffer, SECRET);
    glc_buffer_rewind(&buffer);
    glc_buffer_append_byte(&buffer, 'a');
    CHECK(glc_buffer_make_room(&buffer, 5000));
    glc_buffer_free(&buffer);
  }
  CHECK_NUMBER(faults.unwiped, 1);
  faults_seek(NULL);

  glc_buffer_init_secret(&buffer, 100);
  glc_buffer_append_text(&buffer, SECRET);
  glc_buffer_truncate(&buffer, 3);
  CHECK_BYTES(glc_buffer_bytes(&buffer), "wJa");
  CHECK(is_zero(buffer.data, 3, sizeof SECRET));
  glc_buffer_reset(&buffer);
  CHECK(is_zero(buffer.data, 0, sizeof SECRET));
  glc_buffer_free(&buffer);
}

static void test_no_memory(void) {
  struct glc_buffer buffer;
  struct glc_error error;
  char text[200];

  memset(text, 'x', sizeof text);
  glc_buffer_init(&buffer, 1000);
  glc_buffer_append_text(&buffer, "abc");
  faults_arm(1, false);
  glc_buffer_append(&buffer, (struct glc_bytes){text, sizeof text});
  CHECK(faults_disarm());
  glc_buffer_append_byte(&buffer, 'd');
  CHECK_BYTES(glc_buffer_bytes(&buffer), "abc");
  CHECK_NUMBER(glc_buffer_check(&buffer, "the thing", &error), GLC_NO_MEMORY);
  CHECK(strstr(error.message, "the thing") != NULL);
  glc_buffer_reset(&buffer);
  glc_buffer_append(&buffer, (struct glc_bytes){text, sizeof text});
  CHECK(is_filled(&buffer, sizeof text));
  glc_buffer_free(&buffer);
}

static void test_error(void) {
  struct glc_error error;
  char text[2 * GLC_MESSAGE_SIZE];
  int code;

  memset(text, 'x', sizeof text);
  text[sizeof text - 1] = '\0';
  CHECK_NUMBER(glc_error_set(&error, GLC_TLS, "%s", text), GLC_TLS);
  CHECK_NUMBER(error.code, GLC_TLS);
  CHECK_NUMBER(strlen(error.message), GLC_MESSAGE_SIZE - 1);
  CHECK_NUMBER(glc_error_set(NULL, GLC_CLOSED, "%s", text), GLC_CLOSED);
  for (code = GLC_OK; code <= GLC_CANCELLED; code++) {
    CHECK(strlen(glc_code_kind((enum glc_code)code)) > 0);
    CHECK((strlen(glc_code_name((enum glc_code)code)) > 0) == (code != GLC_OK));
  }
  CHECK(strcmp(glc_code_kind(GLC_CANCELLED), "cancelled") == 0);
  CHECK(strcmp(glc_code_name(GLC_READ_TIMEOUT), "ReadTimeoutError") == 0);
}

int main(void) {
  test_maximum();
  test_one_append_of_all();
  test_sticky_failure();
  test_empty();
  test_no_bound();
  test_encodings();
  test_wiped();
  test_no_memory();
  test_error();
  return check_report("buffer");
}
