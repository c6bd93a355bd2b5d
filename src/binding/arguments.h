/* What the modules share: reading arguments, pushing results. */
#ifndef GLC_ARGUMENTS_H
#define GLC_ARGUMENTS_H

#include <stdbool.h>
#include <stdint.h>

#include "../core/buffer.h"
#include "../core/error.h"
#include "compat.h"

/* A string argument; raises for any other type, numbers too. */
struct glc_bytes glc_check_bytes(lua_State *L, int index);

/*
 * Pushes the table's field as it is, past metamethods: those could close what
 * is in use, or give a string that nobody holds.
 */
void glc_push_field(lua_State *L, int index, const char *name);

/*
 * Fields of the table at `index`, without metamethods. A string field lives as long as the table
 * holds it. Absent: empty bytes, 0, false. Another type raises.
 */
struct glc_bytes glc_field_bytes(lua_State *L, int index, const char *name);
bool glc_field_boolean(lua_State *L, int index, const char *name);

/* Seconds (a number, fractions count) as milliseconds, rounded up. */
int64_t glc_field_milliseconds(lua_State *L, int index, const char *name);

/* A number of bytes; absent: `otherwise`. */
size_t glc_field_size(lua_State *L, int index, const char *name,
                      size_t otherwise);

/*
 * The field `name`, a list {name, value, name, value, ...}, as an array that
 * the collector frees; it is left on the stack, to be kept while in use.
 */
const struct glc_header *glc_field_headers(lua_State *L, int index,
                                           const char *name, size_t *count);

void glc_push_bytes(lua_State *L, struct glc_bytes bytes);

/*
 * The one funnel for errors: pushes nil and {kind=, code=, message=} and
 * returns 2, the number of results. No memory raises, as in Lua itself.
 */
int glc_push_failure(lua_State *L, const struct glc_error *error);

/*
 * Pushes a new userdata that holds one pointer, NULL, with the metatable
 * `type` set: born closed, so that whatever is acquired next is released.
 */
void **glc_new_handle(lua_State *L, const char *type);

/* The pointer in such a userdata; raises `type` expected, or for NULL. */
void *glc_check_handle(lua_State *L, int index, const char *type);

/* Makes the metatable `type` with methods, and __index leading to them. */
void glc_new_type(lua_State *L, const char *type, const luaL_Reg *methods);

#endif
