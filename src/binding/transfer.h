/* The transfers of glacier.core.http, in the hands of Lua. */
#ifndef GLC_BINDING_TRANSFER_H
#define GLC_BINDING_TRANSFER_H

#include "handle.h"

#pragma GCC visibility push(hidden)

/* Of a handle whose object is a struct glc_transfer. */
extern const struct glc_type glc_transfer_type;

#pragma GCC visibility pop

#endif
