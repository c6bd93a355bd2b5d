/* Names of files, as the system takes them and as errors show them. */
#ifndef GLC_PATH_H
#define GLC_PATH_H

#include <stdbool.h>

#include "buffer.h"
#include "error.h"

#pragma GCC visibility push(hidden)

/* With its NUL. */
enum { GLC_PATH_MAX = 4096 };

/* The path, ended by a NUL; false where it can name no file. */
bool glc_path_copy(char copy[GLC_PATH_MAX], struct glc_bytes path);

/*
 * GLC_INVALID: "cannot WHAT PATH: " and what errno means. Of a long path the
 * beginning is shown.
 */
enum glc_code glc_path_failure(struct glc_error *error, const char *what,
                               struct glc_bytes path);

/* The same with a code and a reason of the caller's. */
enum glc_code glc_path_refusal(struct glc_error *error, enum glc_code code,
                               const char *what, struct glc_bytes path,
                               const char *reason);

#pragma GCC visibility pop

#endif
