#include "credentials.h"

#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

#include "identity.h"

/* Beyond any real one (tokens reach some thousand bytes); bounds a header. */
enum { MAX_FIELD = 64 * 1024 };

/* What may stand in a header's value without ending or splitting it. */
static bool is_printable(struct glc_bytes text) {
  size_t i;

  for (i = 0; i < text.length; i++) {
    if (text.data[i] <= ' ' || text.data[i] > '~') {
      return false;
    }
  }
  return true;
}

static enum glc_code check(struct glc_bytes access_key_id,
                           struct glc_bytes secret_access_key,
                           struct glc_bytes session_token,
                           struct glc_error *error) {
  if (access_key_id.length == 0 || secret_access_key.length == 0) {
    return glc_error_set(error, GLC_INVALID, "%s is empty",
                         access_key_id.length == 0 ? "access_key_id"
                                                   : "secret_access_key");
  }
  if (access_key_id.length > MAX_FIELD ||
      secret_access_key.length > MAX_FIELD ||
      session_token.length > MAX_FIELD) {
    return glc_error_set(error, GLC_INVALID,
                         "a field of the credentials is longer than %d bytes",
                         (int)MAX_FIELD);
  }
  if (!is_printable(access_key_id) || !is_printable(session_token)) {
    return glc_error_set(error, GLC_INVALID,
                         "%s holds a space, a control character or a byte "
                         "that is not ASCII",
                         is_printable(session_token) ? "access_key_id"
                                                     : "session_token");
  }
  return GLC_OK;
}

/* Copies `bytes` behind what is there and says where the copy is. */
static struct glc_bytes put(struct glc_credentials *credentials,
                            struct glc_bytes bytes) {
  struct glc_bytes copy = {credentials->storage + credentials->length,
                           bytes.length};

  if (bytes.length > 0) {
    memcpy(credentials->storage + credentials->length, bytes.data,
           bytes.length);
    credentials->length += bytes.length;
  }
  return copy;
}

struct glc_credentials *
glc_credentials_new(struct glc_bytes access_key_id,
                    struct glc_bytes secret_access_key,
                    struct glc_bytes session_token, struct glc_error *error) {
  struct glc_credentials *credentials = NULL;

  if (check(access_key_id, secret_access_key, session_token, error) !=
      GLC_OK) {
    return NULL;
  }
  credentials = malloc(sizeof *credentials + access_key_id.length +
                       secret_access_key.length + session_token.length);
  if (credentials == NULL) {
    glc_error_set(error, GLC_NO_MEMORY, "no memory for credentials");
    return NULL;
  }
  credentials->length = 0;
  credentials->access_key_id = put(credentials, access_key_id);
  credentials->secret_access_key = put(credentials, secret_access_key);
  credentials->session_token = put(credentials, session_token);
  return credentials;
}

void glc_credentials_free(struct glc_credentials *credentials) {
  if (credentials != NULL) {
    OPENSSL_cleanse(credentials->storage, credentials->length);
    free(credentials);
  }
}

struct glc_bytes
glc_credentials_access_key_id(const struct glc_credentials *credentials) {
  return credentials->access_key_id;
}

struct glc_bytes
glc_credentials_session_token(const struct glc_credentials *credentials) {
  return credentials->session_token;
}
