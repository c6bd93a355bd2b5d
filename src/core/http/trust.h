/* The files of certificates that are believed, and when they changed. */
#ifndef GLC_TRUST_H
#define GLC_TRUST_H

#include <stdint.h>

#include "../buffer.h"

#pragma GCC visibility push(hidden)

/* NULL is the empty list. */
struct trusted_file;

/*
 * Looks at a file, or folder, and notes it in the list when it is new there.
 * *age: how many milliseconds ago it was first seen to be another than
 * before; -1: it has been the same from the first look on. One that is gone
 * is another, too.
 */
enum glc_code trust_look(struct trusted_file **files, struct glc_bytes path,
                         int64_t *age, struct glc_error *error);

void trust_free(struct trusted_file *files);

#pragma GCC visibility pop

#endif
