/* A request's header fields, in the form that libcurl takes. */
#ifndef GLC_FIELDS_H
#define GLC_FIELDS_H

#include <curl/curl.h>

#include "../buffer.h"

#pragma GCC visibility push(hidden)

/*
 * libcurl's own list frees its lines as they are; one of these may hold a
 * session token, so the list is made and wiped here. Zeroed, it is empty.
 */
struct fields {
  struct curl_slist *first; /* the block that holds list and lines */
  size_t size;              /* of the block */
};

/*
 * Fills an empty list, and sees to it that libcurl adds no field by itself.
 * GLC_INVALID for a name or value that would say something else on the wire,
 * and for one that frames the body: the engine does that.
 */
enum glc_code fields_fill(struct fields *fields,
                          const struct glc_header *headers, size_t count,
                          struct glc_error *error);

/* Wipes and frees all; libcurl must have let go of them. */
void fields_free(struct fields *fields);

/* RFC 9110 5.6.2. */
bool is_token(struct glc_bytes name);

/* `prefix` and `text` are in lower case. */
bool begins_ignoring_case(struct glc_bytes bytes, const char *prefix);
bool equals_ignoring_case(struct glc_bytes bytes, const char *text);

#pragma GCC visibility pop

#endif
