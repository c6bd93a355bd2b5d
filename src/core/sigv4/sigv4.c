#include "sigv4.h"

#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

#include "canonical.h"
#include "identity.h"
#include "../digest.h"

#define ALGORITHM "AWS4-HMAC-SHA256"

enum {
  DAY_LENGTH = 8,               /* 20120525 */
  MAX_TEXT = 64 * 1024 * 1024,  /* of a canonical request */
  MAX_KEY_NAME = 1024 * 1024
};

struct glc_signer {
  struct glc_digest *digest;
  struct canonical canonical;
  char date[GLC_SIGV4_DATE_SIZE];
  int64_t day; /* that of `date`, in days since 1 March -400 */
  struct glc_buffer string_to_sign;
  struct glc_buffer authorization;
  /* What the key in `digest` was derived from; empty: from nothing yet. */
  struct glc_buffer key_name;
  /* The credential scope of that key. */
  struct glc_buffer scope;
};

struct glc_signer *glc_signer_open(struct glc_error *error) {
  struct glc_signer *signer = calloc(1, sizeof *signer);

  if (signer == NULL) {
    glc_error_set(error, GLC_NO_MEMORY, "no memory for a signer");
    return NULL;
  }
  canonical_init(&signer->canonical);
  glc_buffer_init(&signer->scope, MAX_KEY_NAME);
  glc_buffer_init(&signer->string_to_sign, MAX_TEXT);
  glc_buffer_init(&signer->authorization, MAX_TEXT);
  glc_buffer_init_secret(&signer->key_name, MAX_KEY_NAME);
  signer->digest = glc_digest_open(error);
  if (signer->digest == NULL) {
    glc_signer_close(signer);
    signer = NULL;
  }
  return signer;
}

void glc_signer_close(struct glc_signer *signer) {
  if (signer != NULL) {
    glc_digest_close(signer->digest);
    canonical_free(&signer->canonical);
    glc_buffer_free(&signer->scope);
    glc_buffer_free(&signer->string_to_sign);
    glc_buffer_free(&signer->authorization);
    glc_buffer_free(&signer->key_name);
    free(signer);
  }
}

static void put_digits(char *to, int number, int count) {
  while (count-- > 0) {
    to[count] = (char)('0' + number % 10);
    number /= 10;
  }
}

/*
 * The date of the proleptic Gregorian calendar, by arithmetic: gmtime is not
 * thread-safe and gmtime_r is not C99. Years are counted from 1 March, so the
 * leap day comes last, and in eras of 400 years, which are 146097 days. `day`
 * is counted from 1 March -400.
 */
static void put_day(char date[DAY_LENGTH], int64_t day) {
  const int era_day = (int)(day % 146097);
  const int era_year = (era_day - era_day / 1460 + era_day / 36524 -
                        era_day / 146096) / 365;
  const int year_day =
      era_day - (365 * era_year + era_year / 4 - era_year / 100);
  const int month = (5 * year_day + 2) / 153; /* 0 is March */

  put_digits(date, (int)(day / 146097) * 400 - 400 + era_year + (month >= 10),
             4);
  put_digits(date + 4, month < 10 ? month + 3 : month - 9, 2);
  put_digits(date + 6, year_day - (153 * month + 2) / 5 + 1, 2);
}

static enum glc_code set_date(struct glc_signer *signer, int64_t time,
                              struct glc_error *error) {
  const int64_t first = -62167219200, last = 253402300799; /* year 0, 9999 */
  char *date = signer->date;
  int64_t day;
  int second;

  if (time < first || time > last) {
    return glc_error_set(error, GLC_INVALID,
                         "the time to sign with is outside the years 0 to "
                         "9999");
  }
  day = (time - first) / 86400 + 146097 - 60;
  second = (int)((time - first) % 86400);
  if (day != signer->day) {
    put_day(date, day);
    signer->day = day;
  }
  date[8] = 'T';
  put_digits(date + 9, second / 3600, 2);
  put_digits(date + 11, second / 60 % 60, 2);
  put_digits(date + 13, second % 60, 2);
  date[15] = 'Z';
  date[16] = '\0';
  return GLC_OK;
}

static struct glc_bytes day_of(const struct glc_signer *signer) {
  struct glc_bytes day = {signer->date, DAY_LENGTH};

  return day;
}

/* The credential scope: date/region/service/aws4_request. */
static enum glc_code write_scope(struct glc_signer *signer,
                                 const struct glc_sigv4_scope *scope,
                                 struct glc_error *error) {
  struct glc_buffer *out = &signer->scope;

  glc_buffer_reset(out);
  glc_buffer_append(out, day_of(signer));
  glc_buffer_append_byte(out, '/');
  glc_buffer_append(out, scope->region);
  glc_buffer_append_byte(out, '/');
  glc_buffer_append(out, scope->service);
  glc_buffer_append_text(out, "/aws4_request");
  return glc_buffer_check(out, "the credential scope", error);
}

static enum glc_code write_string_to_sign(struct glc_signer *signer,
                                          struct glc_error *error) {
  struct glc_buffer *out = &signer->string_to_sign;
  unsigned char hash[GLC_SHA256_SIZE];
  enum glc_code code =
      glc_digest_sha256(signer->digest,
                        glc_buffer_bytes(&signer->canonical.request), hash,
                        error);

  if (code == GLC_OK) {
    glc_buffer_reset(out);
    glc_buffer_append_text(out, ALGORITHM "\n");
    glc_buffer_append_text(out, signer->date);
    glc_buffer_append_byte(out, '\n');
    glc_buffer_append(out, glc_buffer_bytes(&signer->scope));
    glc_buffer_append_byte(out, '\n');
    glc_buffer_append_hex(out, hash, sizeof hash);
    code = glc_buffer_check(out, "the string to sign", error);
  }
  return code;
}

/*
 * HMAC by HMAC: the key of each step is the result of the step before.
 * Leaves the signing key in signer->digest.
 */
static enum glc_code derive_key(struct glc_signer *signer,
                                const struct glc_sigv4_scope *scope,
                                struct glc_bytes secret,
                                struct glc_error *error) {
  const struct glc_bytes steps[] = {day_of(signer), scope->region,
                                    scope->service,
                                    glc_bytes_of("aws4_request")};
  unsigned char key[GLC_SHA256_SIZE];
  const struct glc_bytes key_bytes = {(const char *)key, sizeof key};
  struct glc_buffer first;
  enum glc_code code;
  size_t i;

  glc_buffer_init_secret(&first, MAX_KEY_NAME);
  glc_buffer_append_text(&first, "AWS4");
  glc_buffer_append(&first, secret);
  code = glc_buffer_check(&first, "the secret access key", error);
  if (code == GLC_OK) {
    code = glc_digest_key(signer->digest, glc_buffer_bytes(&first), error);
  }
  for (i = 0; code == GLC_OK && i < sizeof steps / sizeof *steps; i++) {
    code = glc_digest_hmac(signer->digest, steps[i], key, error);
    if (code == GLC_OK) {
      code = glc_digest_key(signer->digest, key_bytes, error);
    }
  }
  OPENSSL_cleanse(key, sizeof key);
  glc_buffer_free(&first);
  return code;
}

/* What the key, and its credential scope, depend on. */
enum { LENGTHS, DAY, REGION, SERVICE, SECRET, KEY_PARTS };

static bool has_key(const struct glc_signer *signer,
                    const struct glc_bytes parts[KEY_PARTS]) {
  const struct glc_bytes name = glc_buffer_bytes(&signer->key_name);
  const char *at = name.data;
  size_t length = 0;
  size_t i;

  for (i = 0; i < KEY_PARTS; i++) {
    length += parts[i].length;
  }
  if (length != name.length) {
    return false;
  }
  for (i = 0; i < SECRET; i++) {
    const struct glc_bytes part = {at, parts[i].length};

    if (!glc_bytes_equal(part, parts[i])) {
      return false;
    }
    at += parts[i].length;
  }
  return CRYPTO_memcmp(at, parts[SECRET].data, parts[SECRET].length) == 0;
}

static enum glc_code name_key(struct glc_signer *signer,
                              const struct glc_bytes parts[KEY_PARTS],
                              struct glc_error *error) {
  size_t i;

  for (i = 0; i < KEY_PARTS; i++) {
    glc_buffer_append(&signer->key_name, parts[i]);
  }
  return glc_buffer_check(&signer->key_name, "the signing key's name", error);
}

/* Names are joined: lengths tell apart those that only look the same then. */
static enum glc_code use_key(struct glc_signer *signer,
                             const struct glc_sigv4_scope *scope,
                             struct glc_bytes secret,
                             struct glc_error *error) {
  const size_t lengths[] = {scope->region.length, scope->service.length};
  const struct glc_bytes parts[KEY_PARTS] = {
      {(const char *)lengths, sizeof lengths}, day_of(signer), scope->region,
      scope->service, secret};
  enum glc_code code = GLC_OK;

  if (!has_key(signer, parts)) {
    glc_buffer_reset(&signer->key_name);
    code = write_scope(signer, scope, error);
    if (code == GLC_OK) {
      code = derive_key(signer, scope, secret, error);
    }
    if (code == GLC_OK) {
      code = name_key(signer, parts, error);
    }
    if (code != GLC_OK) {
      glc_buffer_reset(&signer->key_name);
    }
  }
  return code;
}

static enum glc_code
write_authorization(struct glc_signer *signer,
                    const struct glc_credentials *credentials,
                    struct glc_error *error) {
  struct glc_buffer *out = &signer->authorization;
  unsigned char signature[GLC_SHA256_SIZE];
  enum glc_code code =
      glc_digest_hmac(signer->digest,
                      glc_buffer_bytes(&signer->string_to_sign), signature,
                      error);

  if (code == GLC_OK) {
    glc_buffer_reset(out);
    glc_buffer_append_text(out, ALGORITHM " Credential=");
    glc_buffer_append(out, credentials->access_key_id);
    glc_buffer_append_byte(out, '/');
    glc_buffer_append(out, glc_buffer_bytes(&signer->scope));
    glc_buffer_append_text(out, ", SignedHeaders=");
    glc_buffer_append(out,
                      glc_buffer_bytes(&signer->canonical.signed_headers));
    glc_buffer_append_text(out, ", Signature=");
    glc_buffer_append_hex(out, signature, sizeof signature);
    code = glc_buffer_check(out, "the Authorization header", error);
  }
  return code;
}

static int digit_value(char digit) {
  static const char digits[] = "0123456789abcdef";
  const char *at = digit != '\0' ? strchr(digits, digit) : NULL;

  return at != NULL ? (int)(at - digits) : -1;
}

/* False where the text is no hash in lower-case hexadecimal digits. */
static bool read_hash(struct glc_bytes text,
                      unsigned char hash[GLC_SHA256_SIZE]) {
  size_t i = 0;

  while (text.length == (size_t)2 * GLC_SHA256_SIZE && i < GLC_SHA256_SIZE &&
         digit_value(text.data[2 * i]) >= 0 &&
         digit_value(text.data[2 * i + 1]) >= 0) {
    hash[i] = (unsigned char)(digit_value(text.data[2 * i]) << 4 |
                              digit_value(text.data[2 * i + 1]));
    i++;
  }
  return i == GLC_SHA256_SIZE;
}

/* A body whose hash is sent is large, and not hashed for each attempt. */
static enum glc_code hash_payload(struct glc_signer *signer,
                                  const struct glc_sigv4_request *request,
                                  unsigned char hash[GLC_SHA256_SIZE],
                                  struct glc_error *error) {
  const struct glc_bytes name = glc_bytes_of("x-amz-content-sha256");
  size_t i;

  for (i = 0; i < request->header_count; i++) {
    if (glc_bytes_equal(request->headers[i].name, name) &&
        read_hash(request->headers[i].value, hash)) {
      return GLC_OK;
    }
  }
  return glc_digest_sha256(signer->digest, request->body, hash, error);
}

enum glc_code glc_sigv4_sign(struct glc_signer *signer,
                             const struct glc_sigv4_request *request,
                             const struct glc_sigv4_scope *scope,
                             const struct glc_credentials *credentials,
                             int64_t time, struct glc_error *error) {
  unsigned char hash[GLC_SHA256_SIZE];
  enum glc_code code = set_date(signer, time, error);

  glc_digest_enter(signer->digest);
  if (code == GLC_OK) {
    code = use_key(signer, scope, credentials->secret_access_key, error);
  }
  if (code == GLC_OK) {
    code = hash_payload(signer, request, hash, error);
  }
  if (code == GLC_OK) {
    code = canonical_write(&signer->canonical, request,
                           glc_bytes_of(signer->date),
                           credentials->session_token, hash, error);
  }
  if (code == GLC_OK) {
    code = write_string_to_sign(signer, error);
  }
  if (code == GLC_OK) {
    code = write_authorization(signer, credentials, error);
  }
  glc_digest_leave(signer->digest);
  return glc_error_of_request(error, code);
}

struct glc_bytes glc_signer_date(const struct glc_signer *signer) {
  return glc_bytes_of(signer->date);
}

struct glc_bytes glc_signer_authorization(const struct glc_signer *signer) {
  return glc_buffer_bytes(&signer->authorization);
}

struct glc_bytes
glc_signer_canonical_request(const struct glc_signer *signer) {
  return glc_buffer_bytes(&signer->canonical.request);
}

struct glc_bytes glc_signer_string_to_sign(const struct glc_signer *signer) {
  return glc_buffer_bytes(&signer->string_to_sign);
}
