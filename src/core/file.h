/* Small private files that are written whole or not at all. */
#ifndef GLC_FILE_H
#define GLC_FILE_H

#include "buffer.h"
#include "error.h"

#pragma GCC visibility push(hidden)

/*
 * Makes the file at `path` hold `data`, readable and writable by its owner
 * alone. Who reads it meanwhile sees all of the old content or all of the
 * new one: a temporary file in the same folder is written, synchronized and
 * renamed. On failure (GLC_INVALID) the old file stays as it was and the
 * temporary one is gone; the message names the path, never the content.
 */
enum glc_code glc_file_replace(struct glc_bytes path, struct glc_bytes data,
                               struct glc_error *error);

#pragma GCC visibility pop

#endif
