#include "crypto.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <stdio.h>
#include <stdlib.h>

/* OpenSSL keeps fewer than ERR_NUM_ERRORS (16), and data of 1 KiB. */
enum { MOST_ERRORS = 16, NAME_SIZE = 256, DATA_SIZE = 1024 };

struct saved_error {
  unsigned long code;
  int line;
  bool has_data;
  char file[NAME_SIZE];
  char function[NAME_SIZE];
  char data[DATA_SIZE];
};

struct glc_crypto_errors {
  size_t count;
  struct saved_error errors[MOST_ERRORS];
};

/* In no scope: looking into the queue initialises OpenSSL in its own way. */
void glc_crypto_prepare(void) {
  /* A failure shows where OpenSSL is used. */
  (void)OPENSSL_init_crypto(OPENSSL_INIT_NO_ATEXIT, NULL);
}

static void copy_text(char *to, size_t size, const char *text) {
  (void)snprintf(to, size, "%s", text != NULL ? text : "");
}

/* Takes the oldest error out of the queue; false: there is none. */
static bool take_error(struct saved_error *saved) {
  const char *file = NULL, *function = NULL, *data = NULL;
  int flags = 0;

  saved->line = 0;
  saved->code =
      ERR_get_error_all(&file, &saved->line, &function, &data, &flags);
  if (saved->code != 0) {
    saved->has_data = (flags & ERR_TXT_STRING) != 0 && data != NULL;
    copy_text(saved->file, sizeof saved->file, file);
    copy_text(saved->function, sizeof saved->function, function);
    copy_text(saved->data, sizeof saved->data,
              saved->has_data ? data : NULL);
  }
  return saved->code != 0;
}

static void put_error(const struct saved_error *saved) {
  const int lib = ERR_GET_LIB(saved->code);
  const int reason = ERR_GET_REASON(saved->code);

  ERR_new();
  ERR_set_debug(saved->file, saved->line, saved->function);
  if (saved->has_data) {
    ERR_set_error(lib, reason, "%s", saved->data);
  } else {
    ERR_set_error(lib, reason, NULL);
  }
}

void glc_crypto_enter(struct glc_crypto_scope *scope) {
  struct glc_crypto_errors *errors = NULL;

  if (ERR_peek_error() != 0) {
    errors = malloc(sizeof *errors);
    if (errors != NULL) {
      errors->count = 0;
      while (errors->count < MOST_ERRORS &&
             take_error(&errors->errors[errors->count])) {
        errors->count++;
      }
    }
    ERR_clear_error();
  }
  scope->errors = errors;
}

void glc_crypto_leave(struct glc_crypto_scope *scope) {
  size_t i;

  if (ERR_peek_error() != 0) {
    ERR_clear_error();
  }
  for (i = 0; scope->errors != NULL && i < scope->errors->count; i++) {
    put_error(&scope->errors->errors[i]);
  }
  free(scope->errors);
  scope->errors = NULL;
}

enum glc_code glc_crypto_failure(struct glc_error *error, const char *what) {
  const char *data = NULL;
  int flags = 0;
  unsigned long code = ERR_peek_last_error_all(NULL, NULL, NULL, &data, &flags);
  const char *reason = ERR_reason_error_string(code);
  const bool has_data =
      (flags & ERR_TXT_STRING) != 0 && data != NULL && data[0] != '\0';

  return glc_error_set(error, GLC_CRYPTO, "OpenSSL: %s failed: %s%s%s%s", what,
                       reason != NULL ? reason : "it gives no reason",
                       has_data ? " (" : "", has_data ? data : "",
                       has_data ? ")" : "");
}

/* What is there depends on the configuration, which names the providers. */
enum glc_code glc_crypto_missing(struct glc_error *error, const char *what) {
  struct glc_error cause;
  char loading[40];

  (void)snprintf(loading, sizeof loading, "loading %s", what);
  (void)glc_crypto_failure(&cause, loading);
  return glc_error_set(error, GLC_CRYPTO,
                       "%s; does openssl.cnf, or the file in OPENSSL_CONF, "
                       "activate a provider that has it?",
                       cause.message);
}
