/* Lists of headers: as Lua has them, and as one module hands them to another. */
#ifndef GLC_HEADERS_H
#define GLC_HEADERS_H

#include "../core/buffer.h"
#include "compat.h"

#pragma GCC visibility push(hidden)

/* More of them in one list raise. */
enum { GLC_MAX_HEADERS = 1024 };

/*
 * The field `name` of the table at `index`: a list {name, value, name, value,
 * ...}, or what glc_new_headers made. An array that the collector frees; it and
 * all its strings are left on the stack, to be kept while in use.
 */
const struct glc_header *glc_field_headers(lua_State *L, int index,
                                           const char *name, size_t *count);

/*
 * Reads the list {name, value, ...} at `index` into `headers` from *count on,
 * `maximum` in all at the most (more raise). The strings are left on the stack.
 */
void glc_read_headers(lua_State *L, int index, struct glc_header *headers,
                      size_t *count, size_t maximum);

/* Bytes of all names and values. */
size_t glc_headers_length(const struct glc_header *headers, size_t count);

/*
 * Headers as one block of Lua's memory. Lua makes strings of those that it looks
 * at: it has a length and can be indexed like the list {name, value, ...}.
 */
struct glc_headers {
  size_t count;
  size_t used, size; /* bytes of text */
  char *text;
  struct glc_header headers[];
};

/* Pushes an empty one with room for so many headers and bytes of text. */
struct glc_headers *glc_new_headers(lua_State *L, size_t count, size_t size);

/* Copies a header into it; false: there is no room. */
bool glc_add_header(struct glc_headers *headers, struct glc_bytes name,
                    struct glc_bytes value);

#pragma GCC visibility pop

#endif
