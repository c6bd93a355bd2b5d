#include <time.h>

#include "faults.h"
#include "signing.h"

static struct glc_signer *signer;
static struct glc_credentials *credentials;

static enum glc_code sign(const struct glc_sigv4_request *request,
                          int64_t time) {
  struct glc_sigv4_scope scope = signing_scope("us-east-1", "glacier");

  return glc_sigv4_sign(signer, request, &scope, credentials, time, NULL);
}

/* Line `number`, from 0, of the canonical request. */
static struct glc_bytes line(size_t number) {
  struct glc_bytes text = glc_signer_canonical_request(signer);
  struct glc_bytes found = {"", 0};
  const char *end = text.data + text.length;
  const char *at = text.data;

  while (at != NULL && number > 0) {
    at = memchr(at, '\n', (size_t)(end - at));
    at = at != NULL ? at + 1 : NULL;
    number--;
  }
  if (at != NULL) {
    const char *stop = memchr(at, '\n', (size_t)(end - at));

    found.data = at;
    found.length = (size_t)((stop != NULL ? stop : end) - at);
  }
  return found;
}

static void test_glacier(void) {
  static const struct {
    const char *path, *token, *body, *signature;
  } cases[] = {
      {"/-/vaults/examplevault/jobs", "", "{}",
       "f58a83da9910abbc8691b4bc2db621b59b72620f4611f41d4f2dca0284fbd442"},
      {"/111122223333/vaults/a%20b%2F%C3%A9/jobs", "TOKEN/abc==", "{}",
       "4abb5b75f71cb14d1a3324ed2b54be26393c5f03cc7064357fe04273971149a4"},
      {"/-/vaults/../jobs", "", "{}",
       "92cf2c6d541fcc6ccb32d49f8c79448611af3f51516b62490abe9b69124be801"},
      {"/-/vaults/examplevault/jobs", "",
       "{\"Type\": \"inventory-retrieval\", \"Format\": \"CSV\", "
       "\"Description\": \"My inventory job\", \"SNSTopic\": "
       "\"arn:aws:sns:us-west-2:111111111111:Glacier-InventoryRetrieval-"
       "topic-Example\"}",
       "53e9544a9c7d04f5c37d816a1e6af4ba75304ab7c1ac9278ad25ed72d7fbcd0e"},
  };
  struct glc_sigv4_scope scope = signing_scope("us-east-1", "glacier");
  struct glc_header headers[3];
  size_t i;

  for (i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct glc_sigv4_request request =
        signing_request(headers, cases[i].path, "", cases[i].body);
    struct glc_credentials *own =
        signing_credentials(SIGNING_SECRET, cases[i].token);

    CHECK_NUMBER(
        glc_sigv4_sign(signer, &request, &scope, own, signing_time, NULL),
        GLC_OK);
    CHECK(has_signature(signer, cases[i].signature));
    CHECK_BYTES(glc_signer_date(signer), "20120525T002453Z");
    glc_credentials_free(own);
  }
}

/* The whole of one, from the public test suite of the AWS SDKs. */
static void test_texts(void) {
  struct glc_sigv4_scope scope = signing_scope("us-east-1", "service");
  struct glc_header headers[2] = {
      signing_header("Host", "example.amazonaws.com"),
      signing_header("My-Header1", "value1\n  value2\n     value3\n")};
  struct glc_sigv4_request request = {{"GET", 3}, {"/", 1}, {"", 0}, headers,
                                      2,          {"", 0},  false};

  CHECK_NUMBER(
      glc_sigv4_sign(signer, &request, &scope, credentials, 1440938160, NULL),
      GLC_OK);
  CHECK_BYTES(
      glc_signer_canonical_request(signer),
      "GET\n/\n\nhost:example.amazonaws.com\nmy-header1:value1 value2 value3\n"
      "x-amz-date:20150830T123600Z\n\nhost;my-header1;x-amz-date\n"
      "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK_BYTES(
      glc_signer_string_to_sign(signer),
      "AWS4-HMAC-SHA256\n20150830T123600Z\n"
      "20150830/us-east-1/service/aws4_request\n"
      "e99419459a677bc11de234014be3c4e72c1ea5b454ceb58b613061f5d7a162e8");
  CHECK_BYTES(
      glc_signer_authorization(signer),
      "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/"
      "aws4_request, SignedHeaders=host;my-header1;x-amz-date, Signature="
      "cfd34249e4b1c8d6b91ef74165d41a32e5fab3306300901bb65a51a73575eefd");
}

static void test_paths(void) {
  static const struct {
    const char *path, *canonical, *kept;
  } cases[] = {
      {"", "/", "/"},
      {"/", "/", "/"},
      {"//", "/", "//"},
      {"///a///", "/a/", "///a///"},
      {"/a", "/a", "/a"},
      {"/a/", "/a/", "/a/"},
      {"/.", "/", "/."},
      {"/./", "/", "/./"},
      {"/./a", "/a", "/./a"},
      {"/a/.", "/a", "/a/."},
      {"/a/./", "/a/", "/a/./"},
      {"/..", "/", "/.."},
      {"/../..", "/", "/../.."},
      {"/../a", "/a", "/../a"},
      {"/a/..", "/", "/a/.."},
      {"/a/../", "/", "/a/../"},
      {"/a/b/..", "/a", "/a/b/.."},
      {"/a/b/../", "/a/", "/a/b/../"},
      {"/a/b/../../c", "/c", "/a/b/../../c"},
      {"/a//../b", "/b", "/a//../b"},
      {"/...", "/...", "/..."},
      {"/.a/..b", "/.a/..b", "/.a/..b"},
      {"/a%20b", "/a%2520b", "/a%2520b"},
      {"/%2e%2e/a", "/%252e%252e/a", "/%252e%252e/a"},
      {"/a b", "/a%20b", "/a%20b"},
      {"/-._~AZaz09", "/-._~AZaz09", "/-._~AZaz09"},
      {"/\xe1\x88\xb4", "/%E1%88%B4", "/%E1%88%B4"},
      {"/a+b=c:d@e", "/a%2Bb%3Dc%3Ad%40e", "/a%2Bb%3Dc%3Ad%40e"},
  };
  struct glc_header headers[3];
  size_t i;

  for (i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct glc_sigv4_request request =
        signing_request(headers, cases[i].path, "", "");

    CHECK_NUMBER(sign(&request, signing_time), GLC_OK);
    CHECK_BYTES(line(1), cases[i].canonical);
    request.keep_segments = true;
    CHECK_NUMBER(sign(&request, signing_time), GLC_OK);
    CHECK_BYTES(line(1), cases[i].kept);
  }
}

static void test_queries(void) {
  static const struct {
    const char *query, *canonical;
  } cases[] = {
      {"", ""},
      {"a", "a="},
      {"a=", "a="},
      {"&", ""},
      {"&&a&", "a="},
      {"=b", "=b"},
      {"a=b=c", "a=b%3Dc"},
      {"b=2&a=1", "a=1&b=2"},
      {"a=2&a=1", "a=1&a=2"},
      {"a=10&a=1&a=", "a=&a=1&a=10"},
      {"ab=1&a=2", "a=2&ab=1"},
      {"a=1&A=2", "A=2&a=1"},
      {"a-b=1&a=2&a.b=3", "a=2&a-b=1&a.b=3"},
      {"a=%2f", "a=%2F"},
      {"a=%7E", "a=~"},
      {"a=/", "a=%2F"},
      {"a=%", "a=%25"},
      {"a=%4", "a=%254"},
      {"a=%4g", "a=%254g"},
      {"a=%41", "a=A"},
      {"a=b+c", "a=b%2Bc"},
      {"a=b%20c", "a=b%20c"},
      {"%E1%88%B4=1&z=2", "%E1%88%B4=1&z=2"},
      {"Param-3=Value3&Param=Value2&\xe1\x88\xb4=Value1",
       "%E1%88%B4=Value1&Param=Value2&Param-3=Value3"},
      {"limit=1&marker=a%2Bb%3D%3D&completed=false",
       "completed=false&limit=1&marker=a%2Bb%3D%3D"},
  };
  struct glc_header headers[3];
  size_t i;

  for (i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct glc_sigv4_request request =
        signing_request(headers, "/", cases[i].query, "");

    CHECK_NUMBER(sign(&request, signing_time), GLC_OK);
    CHECK_BYTES(line(2), cases[i].canonical);
  }
}

static void test_headers(void) {
  static const struct {
    const char *values[3]; /* of fields of one name, NULL after the last */
    const char *canonical;
  } cases[] = {
      {{"a"}, "x-a:a"},
      {{""}, "x-a:"},
      {{"   "}, "x-a:"},
      {{" a "}, "x-a:a"},
      {{"a   b \t c"}, "x-a:a b c"},
      {{"\"a   b\""}, "x-a:\"a b\""},
      {{"a\n  b\r\n\tc"}, "x-a:a b c"},
      {{"2", "1", "3"}, "x-a:2,1,3"},
      {{"same", "same"}, "x-a:same,same"},
      {{"", ""}, "x-a:,"},
      {{"A,B", "c"}, "x-a:A,B,c"},
  };
  static const char *const spellings[] = {"X-A", "x-a", "X-a"};
  size_t i, j;

  for (i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct glc_header headers[6];
    struct glc_sigv4_request request = signing_request(headers, "/", "", "");

    for (j = 0; j < 3 && cases[i].values[j] != NULL; j++) {
      headers[3 + j] = signing_header(spellings[j], cases[i].values[j]);
    }
    request.header_count = 3 + j;
    CHECK_NUMBER(sign(&request, signing_time), GLC_OK);
    CHECK_BYTES(line(3), "content-type:application/json");
    CHECK_BYTES(line(4), "host:" SIGNING_HOST);
    CHECK_BYTES(line(5), cases[i].canonical);
    CHECK_BYTES(line(6), "x-amz-date:20120525T002453Z");
    CHECK_BYTES(line(7), "x-amz-glacier-version:2012-06-01");
    CHECK_BYTES(line(8), "");
    CHECK_BYTES(line(9), "content-type;host;x-a;x-amz-date;"
                         "x-amz-glacier-version");
  }
}

/* The hash that a header tells is not computed; what is none is ignored. */
static void test_payload_hash(void) {
#define ABC "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
#define OTHER "0000000000000000000000000000000000000000000000000000000000abcdef"
  static const struct {
    const char *name, *value, *used;
  } cases[] = {
      {"x-amz-content-sha256", ABC, ABC},
      {"x-amz-content-sha256", OTHER, OTHER},
      {"x-amz-content-sha256", "", ABC},
      {"x-amz-content-sha256", "UNSIGNED-PAYLOAD", ABC},
      {"x-amz-content-sha256", OTHER "0", ABC},
      {"x-amz-content-sha256",
       "0000000000000000000000000000000000000000000000000000000000ABCDEF",
       ABC},
      {"x-amz-content-sha256",
       "000000000000000000000000000000000000000000000000000000000000000g",
       ABC},
      {"x-amz-content-sha257", OTHER, ABC},
  };
  struct glc_header headers[4];
  struct glc_sigv4_request request =
      signing_request(headers, "/", "", "abc");
  size_t i;

  request.header_count = 4;
  for (i = 0; i < sizeof cases / sizeof *cases; i++) {
    headers[3] = signing_header(cases[i].name, cases[i].value);
    CHECK_NUMBER(sign(&request, signing_time), GLC_OK);
    /* Method, path, query, four headers and the date, "", their names. */
    CHECK_BYTES(line(3 + 5 + 1 + 1), cases[i].used);
  }
#undef ABC
#undef OTHER
}

static void test_reserved(void) {
  static const char *const names[] = {"X-Amz-Date", "x-amz-date",
                                      "X-AMZ-SECURITY-TOKEN", "Authorization",
                                      "aUTHORIZATION"};
  struct glc_header headers[4];
  size_t i;

  for (i = 0; i < sizeof names / sizeof *names; i++) {
    struct glc_sigv4_request request = signing_request(headers, "/", "", "");

    headers[3] = signing_header(names[i], "x");
    request.header_count = 4;
    CHECK_NUMBER(sign(&request, signing_time), GLC_INVALID);
    headers[3] = signing_header("x-amz-dated", "x");
    CHECK_NUMBER(sign(&request, signing_time), GLC_OK);
  }
}

static void test_most_fields(void) {
  static char names[GLC_SIGV4_MAX_FIELDS][8];
  struct glc_header headers[GLC_SIGV4_MAX_FIELDS];
  struct glc_sigv4_request request = signing_request(headers, "/", "", "");
  struct glc_buffer query;
  size_t i;

  glc_buffer_init(&query, 10000);
  for (i = 0; i < GLC_SIGV4_MAX_FIELDS; i++) {
    (void)snprintf(names[i], sizeof names[i], "x%03lu", (unsigned long)i);
    headers[i] = signing_header(names[i], "v");
    glc_buffer_append_text(&query, i > 0 ? "&" : "");
    glc_buffer_append_text(&query, names[i]);
  }
  request.query = glc_buffer_bytes(&query);
  request.header_count = GLC_SIGV4_MAX_FIELDS - 1; /* the date is one too */
  CHECK_NUMBER(sign(&request, signing_time), GLC_OK);
  request.header_count = GLC_SIGV4_MAX_FIELDS;
  CHECK_NUMBER(sign(&request, signing_time), GLC_INVALID);
  request.header_count = 1;
  glc_buffer_append_text(&query, "&one-more");
  request.query = glc_buffer_bytes(&query);
  CHECK_NUMBER(sign(&request, signing_time), GLC_INVALID);
  request.query.length = 0;
  CHECK_NUMBER(sign(&request, signing_time), GLC_OK);
  glc_buffer_free(&query);
}

/* A path that grows beyond what is signed while it is encoded. */
static void test_largest(void) {
  const size_t length = 22 * 1024 * 1024;
  struct glc_header headers[3];
  struct glc_sigv4_request request = signing_request(headers, "/", "", "");
  char *path = malloc(length);

  if (CHECK(path != NULL)) {
    memset(path, ' ', length);
    path[0] = '/';
    request.path = (struct glc_bytes){path, length};
    CHECK_NUMBER(sign(&request, signing_time), GLC_INVALID);
    request.path.length = 1000;
    CHECK_NUMBER(sign(&request, signing_time), GLC_OK);
  }
  free(path);
}

static void check_date(int64_t seconds, const char *expected) {
  struct glc_header headers[3];
  struct glc_sigv4_request request = signing_request(headers, "/", "", "");

  CHECK_NUMBER(sign(&request, seconds), GLC_OK);
  CHECK_BYTES(glc_signer_date(signer), expected);
}

static void test_dates(void) {
  const int64_t last = INT64_C(253402300799), first = INT64_C(-62167219200);
  struct glc_header headers[3];
  struct glc_sigv4_request request = signing_request(headers, "/", "", "");
  int64_t seconds;

  check_date(0, "19700101T000000Z");
  check_date(-1, "19691231T235959Z");
  check_date(951782400, "20000229T000000Z");
  check_date(951868800, "20000301T000000Z");
  check_date(INT64_C(4107542399), "21000228T235959Z");
  check_date(INT64_C(4107542400), "21000301T000000Z");
  check_date(1709164800, "20240229T000000Z");
  check_date(1735689599, "20241231T235959Z");
  check_date(last, "99991231T235959Z");
  check_date(first, "00000101T000000Z");
  CHECK_NUMBER(sign(&request, last + 1), GLC_INVALID);
  CHECK_NUMBER(sign(&request, first - 1), GLC_INVALID);
  CHECK_NUMBER(sign(&request, INT64_MAX), GLC_INVALID);
  CHECK_NUMBER(sign(&request, INT64_MIN), GLC_INVALID);
  /* Steps of about 101 days and an odd time meet every day of the year. */
  for (seconds = first; seconds <= last; seconds += 101 * 86400 + 12347) {
    const time_t moment = (time_t)seconds;
    const struct tm *broken = gmtime(&moment);
    char expected[64];

    (void)snprintf(expected, sizeof expected, "%04d%02d%02dT%02d%02d%02dZ",
                   broken->tm_year + 1900, broken->tm_mon + 1, broken->tm_mday,
                   broken->tm_hour, broken->tm_min, broken->tm_sec);
    check_date(seconds, expected);
  }
}

int main(void) {
  signer = glc_signer_open(NULL);
  credentials = signing_credentials(SIGNING_SECRET, "");
  if (CHECK(signer != NULL && credentials != NULL)) {
    test_glacier();
    test_texts();
    test_paths();
    test_queries();
    test_headers();
    test_payload_hash();
    test_reserved();
    test_most_fields();
    test_largest();
    test_dates();
  }
  glc_credentials_free(credentials);
  glc_signer_close(signer);
  glc_signer_close(NULL);
  return check_report("sigv4");
}
