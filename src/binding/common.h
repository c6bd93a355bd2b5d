/* What all requests of a client have in common: scope and constant headers. */
#ifndef GLC_COMMON_H
#define GLC_COMMON_H

#include "../core/sigv4/sigv4.h"
#include "handle.h"

#pragma GCC visibility push(hidden)

struct glc_common {
  struct glc_sigv4_scope scope;
  /* Those to be signed come first. */
  size_t signed_count;
  size_t count;
  struct glc_header headers[];
};

extern const struct glc_type glc_common_type;

/*
 * common{region=, service=, headers={name, value, ...}, unsigned={...}}: copies
 * all of it; `headers` are signed, `unsigned` are not.
 */
int glc_new_common(lua_State *L);

#pragma GCC visibility pop

#endif
