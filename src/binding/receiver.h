/*
 * Receivers, which one module has and another one uses. Each is a library of
 * its own, in which a type has an address of its own: what they share is an
 * entry of the registry, which no Lua code gets at.
 */
#ifndef GLC_BINDING_RECEIVER_H
#define GLC_BINDING_RECEIVER_H

#include "../core/receiver.h"
#include "handle.h"

#pragma GCC visibility push(hidden)

/* How an object becomes a receiver. A static one. */
struct glc_receiver_kind {
  struct glc_receiver (*give)(void *object);
};

/* From here on objects of the type, which is known to L, are receivers. */
void glc_offer_receiver(lua_State *L, const struct glc_type *type,
                        const struct glc_receiver_kind *kind);

/*
 * The receiver at `index`, kept for the caller, who is to drop it; raises for
 * what is none, and for a closed one.
 */
struct glc_receiver glc_check_receiver(lua_State *L, int index);

#pragma GCC visibility pop

#endif
