#include "path.h"

#include <errno.h>
#include <string.h>

enum { SHOWN_PATH = 200 };

bool glc_path_copy(char copy[GLC_PATH_MAX], struct glc_bytes path) {
  const bool valid = path.length > 0 && path.length < GLC_PATH_MAX &&
                     memchr(path.data, '\0', path.length) == NULL;

  if (valid) {
    memcpy(copy, path.data, path.length);
    copy[path.length] = '\0';
  }
  return valid;
}

enum glc_code glc_path_refusal(struct glc_error *error, enum glc_code code,
                               const char *what, struct glc_bytes path,
                               const char *reason) {
  const int shown = (int)glc_error_cut(path.data, path.length, SHOWN_PATH);

  return glc_error_set(error, code, "cannot %s %.*s: %s", what, shown,
                       path.data, reason);
}

enum glc_code glc_path_failure(struct glc_error *error, const char *what,
                               struct glc_bytes path) {
  char reason[80];

  glc_error_describe(errno, reason, sizeof reason);
  return glc_path_refusal(error, GLC_INVALID, what, path, reason);
}
