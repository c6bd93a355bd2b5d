/* Options of an easy handle, set in a run. */
#ifndef GLC_HTTP_SETUP_H
#define GLC_HTTP_SETUP_H

#include <curl/curl.h>

#include "../buffer.h"

#pragma GCC visibility push(hidden)

/* The first failure stays and is checked once, by setup_end. */
struct setup {
  CURL *easy;
  CURLcode result;
  struct glc_error refusal; /* its code is GLC_OK until there is one */
};

struct setup setup_begin(CURL *easy);

void setup_long(struct setup *setup, CURLoption option, long value);
void setup_size(struct setup *setup, CURLoption option, size_t value);

/* What is pointed to is libcurl's to copy, or outlives the setting. */
void setup_pointer(struct setup *setup, CURLoption option, const void *value);

/* As setup_long, where a libcurl that lacks the feature says so in time. */
void setup_long_if_known(struct setup *setup, CURLoption option, long value);
void setup_pointer_if_known(struct setup *setup, CURLoption option,
                            const void *value);

/* A text that libcurl copies; `what` it is, for the error. */
void setup_text(struct setup *setup, CURLoption option, struct glc_bytes text,
                const char *what);

/*
 * A text as libcurl takes it; false where it cannot be one. The copy is the
 * caller's to free, in any case, which wipes it.
 */
bool setup_copy(struct setup *setup, struct glc_buffer *copy,
                struct glc_bytes text, const char *what);

/* GLC_OK, or why the request cannot be sent as it is. */
enum glc_code setup_end(struct setup *setup, struct glc_error *error);

#pragma GCC visibility pop

#endif
