/* The signer's memory: its cached key, its secrets, faults on the way. */
#include "faults.h"
#include "signing.h"

struct choice {
  int64_t time;
  const char *region, *service, *secret;
};

/* Neighbours differ in one part; some only look the same when joined. */
static const struct choice choices[] = {
    {1337905493, "us-east-1", "glacier", SIGNING_SECRET},
    {1337905493 + 86400, "us-east-1", "glacier", SIGNING_SECRET},
    {1337905493 + 3600, "us-east-1", "glacier", SIGNING_SECRET},
    {1337905493, "us-west-2", "glacier", SIGNING_SECRET},
    {1337905493, "us-east-1", "sts", SIGNING_SECRET},
    {1337905493, "us-east-1", "glacier", "another secret"},
    {1337905493, "us-east-1", "glacier", "another secres"},
    {1337905493, "us-east-1", "glacier", "another secret "},
    {1337905493, "us", "east/glacier", SIGNING_SECRET},
    {1337905493, "us/east", "glacier", SIGNING_SECRET},
    {1337905493, "", "glacier", SIGNING_SECRET},
    {1337905493, "glacier", "", SIGNING_SECRET},
};

enum { CHOICES = sizeof choices / sizeof *choices };

static enum glc_code sign(struct glc_signer *signer,
                          const struct choice *choice, const char *token,
                          struct glc_error *error) {
  struct glc_header headers[3];
  struct glc_sigv4_request request =
      signing_request(headers, "/-/vaults/examplevault/jobs", "b=2&a=1", "{}");
  struct glc_sigv4_scope scope = signing_scope(choice->region, choice->service);
  struct glc_credentials *credentials =
      signing_credentials(choice->secret, token);
  enum glc_code code = GLC_NO_MEMORY;

  glc_error_set(error, GLC_NO_MEMORY, "no credentials");
  if (credentials != NULL) {
    code = glc_sigv4_sign(signer, &request, &scope, credentials, choice->time,
                          error);
  }
  glc_credentials_free(credentials);
  return code;
}

/* What a signer without a past says. */
static void sign_afresh(const struct choice *choice, const char *token,
                        struct glc_buffer *authorization) {
  struct glc_signer *fresh = glc_signer_open(NULL);

  glc_buffer_init(authorization, 10000);
  if (CHECK(fresh != NULL)) {
    CHECK_NUMBER(sign(fresh, choice, token, NULL), GLC_OK);
    glc_buffer_append(authorization, glc_signer_authorization(fresh));
  }
  glc_signer_close(fresh);
}

/* From each choice to each other and back: the key is always the right one. */
static void test_key_cache(void) {
  struct glc_signer *signer = glc_signer_open(NULL);
  struct glc_buffer expected[CHOICES];
  size_t i, j;

  for (i = 0; i < CHOICES; i++) {
    sign_afresh(&choices[i], "", &expected[i]);
    for (j = 0; j < i; j++) {
      CHECK(!glc_bytes_equal(glc_buffer_bytes(&expected[i]),
                             glc_buffer_bytes(&expected[j])));
    }
  }
  for (i = 0; i < CHOICES * CHOICES; i++) {
    const size_t at[2] = {i / CHOICES, i % CHOICES};

    for (j = 0; j < 2; j++) {
      CHECK_NUMBER(sign(signer, &choices[at[j]], "", NULL), GLC_OK);
      CHECK_BYTES(glc_signer_authorization(signer), expected[at[j]].data);
    }
  }
  for (i = 0; i < CHOICES; i++) {
    glc_buffer_free(&expected[i]);
  }
  glc_signer_close(signer);
}

/* A request that cannot be signed leaves no way to a wrong signature. */
static void test_after_refusal(void) {
  struct glc_signer *signer = glc_signer_open(NULL);
  struct choice too_late = choices[0];
  struct glc_buffer expected;

  too_late.time = INT64_MAX;
  sign_afresh(&choices[0], "", &expected);
  CHECK_NUMBER(sign(signer, &choices[0], "", NULL), GLC_OK);
  CHECK_NUMBER(sign(signer, &too_late, "", NULL), GLC_INVALID);
  CHECK_NUMBER(sign(signer, &choices[0], "", NULL), GLC_OK);
  CHECK_BYTES(glc_signer_authorization(signer), expected.data);
  glc_buffer_free(&expected);
  glc_signer_close(signer);
}

static void use_and_close(void) {
  struct glc_signer *signer = glc_signer_open(NULL);

  CHECK_NUMBER(sign(signer, &choices[0], "TOKEN/abcdefgh==", NULL), GLC_OK);
  CHECK_NUMBER(sign(signer, &choices[5], "TOKEN/abcdefgh==", NULL), GLC_OK);
  CHECK_NUMBER(sign(signer, &choices[0], "TOKEN/abcdefgh==", NULL), GLC_OK);
  glc_signer_close(signer);
}

/* The secret, the token and the derived key of a known signature. */
static void test_wiped(void) {
  /* HMAC by HMAC of choices[0]: computed apart, by another implementation. */
  static const char signing_key[] =
      "\040\331\273\313\206\323\365\155\201\311\245\173\153\341\313\127"
      "\227\207\070\027\222\274\132\244\044\046\324\216\116\327\305\234";

  faults_seek(SIGNING_SECRET);
  use_and_close();
  CHECK_NUMBER(faults.unwiped, 0);
  faults_seek("TOKEN/abcdefgh==");
  use_and_close();
  CHECK_NUMBER(faults.unwiped, 0);
  faults_seek(signing_key);
  use_and_close();
  CHECK_NUMBER(faults.unwiped, 0);
  faults_seek(NULL);
}

/* Opens, signs twice (a key, then another) and closes, allocation n failing. */
static void test_faults(bool lasting) {
  struct glc_buffer expected[2];
  unsigned long n = 0;
  bool fired = true;
  size_t i;

  sign_afresh(&choices[0], "TOKEN", &expected[0]);
  sign_afresh(&choices[3], "TOKEN", &expected[1]);
  while (fired) {
    struct glc_error error = {GLC_OK, ""};
    struct glc_signer *signer;

    faults_arm(++n, lasting);
    signer = glc_signer_open(&error);
    CHECK(signer != NULL || error.code != GLC_OK);
    for (i = 0; signer != NULL && i < 2; i++) {
      const struct choice *choice = &choices[i == 0 ? 0 : 3];
      enum glc_code code = sign(signer, choice, "TOKEN", &error);

      fired = faults.fired > 0;
      if (code == GLC_OK) {
        CHECK_BYTES(glc_signer_authorization(signer), expected[i].data);
      } else {
        CHECK(fired && error.code == code);
        faults_disarm();
        CHECK_NUMBER(sign(signer, choice, "TOKEN", &error), GLC_OK);
        CHECK_BYTES(glc_signer_authorization(signer), expected[i].data);
      }
    }
    fired = faults.fired > 0;
    faults_disarm();
    glc_signer_close(signer);
  }
  printf("signing_key: %lu allocations failed in turn\n", n - 1);
  CHECK(n > 50);
  glc_buffer_free(&expected[0]);
  glc_buffer_free(&expected[1]);
}

int main(void) {
  CHECK(faults_reach_openssl());
  test_key_cache();
  test_after_refusal();
  test_wiped();
  test_faults(false);
  test_faults(true);
  return check_report("signing_key");
}
