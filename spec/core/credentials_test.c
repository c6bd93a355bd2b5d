#include <stdlib.h>

#include "check.h"
#include "faults.h"
#include "sigv4.h"

#define ID "AKIDEXAMPLE"
#define SECRET "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
#define TOKEN "AQoDYXdzEPT//////////wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4=="

static struct glc_credentials *make(const char *id, const char *secret,
                                    const char *token,
                                    struct glc_error *error) {
  return glc_credentials_new(glc_bytes_of(id), glc_bytes_of(secret),
                             glc_bytes_of(token), error);
}

static void test_copies(void) {
  char id[] = ID, token[] = TOKEN;
  struct glc_credentials *credentials = make(id, SECRET, token, NULL);

  memset(id, 'x', sizeof id - 1);
  memset(token, 'x', sizeof token - 1);
  if (CHECK(credentials != NULL)) {
    CHECK_BYTES(glc_credentials_access_key_id(credentials), ID);
    CHECK_BYTES(glc_credentials_session_token(credentials), TOKEN);
  }
  glc_credentials_free(credentials);
  credentials = glc_credentials_new(glc_bytes_of(ID), glc_bytes_of(SECRET),
                                    (struct glc_bytes){NULL, 0}, NULL);
  if (CHECK(credentials != NULL)) {
    CHECK_NUMBER(glc_credentials_session_token(credentials).length, 0);
  }
  glc_credentials_free(credentials);
  glc_credentials_free(NULL);
}

static void test_refused(void) {
  static const struct {
    const char *id, *secret, *token, *says;
  } cases[] = {
      {"", SECRET, "", "access_key_id is empty"},
      {ID, "", "", "secret_access_key is empty"},
      {"", "", "", "access_key_id is empty"},
      {ID " ", SECRET, "", "access_key_id holds"},
      {ID "\r\nX: y", SECRET, "", "access_key_id holds"},
      {ID "\x7f", SECRET, "", "access_key_id holds"},
      {ID "\xc3\xa9", SECRET, "", "access_key_id holds"},
      {ID, SECRET, TOKEN "\n", "session_token holds"},
      {ID, SECRET, " " TOKEN, "session_token holds"},
      {ID, SECRET, "\x80" TOKEN, "session_token holds"},
  };
  size_t i;

  for (i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct glc_error error = {GLC_OK, ""};

    CHECK(make(cases[i].id, cases[i].secret, cases[i].token, &error) == NULL);
    CHECK_NUMBER(error.code, GLC_INVALID);
    if (!CHECK(strstr(error.message, cases[i].says) != NULL)) {
      printf("  case %lu says \"%s\"\n", (unsigned long)i, error.message);
    }
    CHECK(strstr(error.message, SECRET) == NULL);
    CHECK(strstr(error.message, TOKEN) == NULL);
  }
}

static void test_nul(void) {
  static const struct glc_bytes with_nul = {"AKID\0X", 6};
  struct glc_error error = {GLC_OK, ""};

  CHECK(glc_credentials_new(with_nul, glc_bytes_of(SECRET), glc_bytes_of(""),
                            &error) == NULL);
  CHECK_NUMBER(error.code, GLC_INVALID);
  CHECK(glc_credentials_new(glc_bytes_of(ID), glc_bytes_of(SECRET), with_nul,
                            NULL) == NULL);
}

/* The longest that is taken, and one byte more, for each of the three. */
static void test_longest(void) {
  enum { LONGEST = 64 * 1024 };
  char *text = malloc(LONGEST + 1);
  size_t which, more;

  CHECK(text != NULL);
  if (text == NULL) {
    return;
  }
  memset(text, 'x', LONGEST + 1);
  for (which = 0; which < 3; which++) {
    for (more = 0; more < 2; more++) {
      struct glc_bytes fields[3] = {{"a", 1}, {"b", 1}, {"c", 1}};
      struct glc_error error = {GLC_OK, ""};
      struct glc_credentials *credentials;

      fields[which].data = text;
      fields[which].length = LONGEST + more;
      credentials =
          glc_credentials_new(fields[0], fields[1], fields[2], &error);
      CHECK((credentials == NULL) == (more == 1));
      CHECK_NUMBER(error.code, more == 1 ? GLC_INVALID : GLC_OK);
      glc_credentials_free(credentials);
    }
  }
  free(text);
}

static void test_wiped(void) {
  faults_seek(SECRET);
  glc_credentials_free(make(ID, SECRET, TOKEN, NULL));
  CHECK_NUMBER(faults.unwiped, 0);
  faults_seek(TOKEN);
  glc_credentials_free(make(ID, SECRET, TOKEN, NULL));
  CHECK_NUMBER(faults.unwiped, 0);
  faults_seek(NULL);
}

static void test_no_memory(void) {
  struct glc_error error = {GLC_OK, ""};

  faults_arm(1, true);
  CHECK(make(ID, SECRET, TOKEN, &error) == NULL);
  CHECK(faults_disarm());
  CHECK_NUMBER(error.code, GLC_NO_MEMORY);
}

int main(void) {
  test_copies();
  test_refused();
  test_nul();
  test_longest();
  test_wiped();
  test_no_memory();
  return check_report("credentials");
}
