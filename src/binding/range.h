/* The ranges of a part file, in the hands of Lua. */
#ifndef GLC_BINDING_RANGE_H
#define GLC_BINDING_RANGE_H

#include "handle.h"

#pragma GCC visibility push(hidden)

/* Of a handle whose object is a struct glc_range. */
extern const struct glc_type glc_range_type;

/* As glc_new_type; and it is known to be a receiver. */
void glc_new_range_type(lua_State *L);

#pragma GCC visibility pop

#endif
