/* What the modules share: reading arguments, pushing results. */
#ifndef GLC_ARGUMENTS_H
#define GLC_ARGUMENTS_H

#include <stdbool.h>
#include <stdint.h>

#include "../core/buffer.h"
#include "../core/error.h"
#include "compat.h"

#pragma GCC visibility push(hidden)

/* A string argument; raises for any other type, numbers too. */
struct glc_bytes glc_check_bytes(lua_State *L, int index);

/*
 * Pushes the table's field as it is, past metamethods: those could close what
 * is in use, or give a string that nobody holds.
 */
void glc_push_field(lua_State *L, int index, const char *name);

/*
 * Fields of the table at `index` (not counted from the top), without
 * metamethods. Absent: empty bytes, 0, false. Another type raises.
 *
 * A string is left on the stack: a finalizer may take it out of the table
 * while others are read. Absent, nil is.
 */
struct glc_bytes glc_field_bytes(lua_State *L, int index, const char *name);
bool glc_field_boolean(lua_State *L, int index, const char *name);

/* Seconds (a number, fractions count) as milliseconds, rounded up. */
int64_t glc_field_milliseconds(lua_State *L, int index, const char *name);

/* A number of bytes; absent: `otherwise`. */
size_t glc_field_size(lua_State *L, int index, const char *name,
                      size_t otherwise);

/*
 * The length of the list at `index`, `maximum` at the most; raises for a
 * longer one. A table may have any border, 2^60 too.
 */
size_t glc_check_length(lua_State *L, int index, size_t maximum);

/*
 * A number of bytes or of things: whole, and below 2^53, so that every Lua
 * has it exactly. A whole number is pushed as an integer where there are such
 * of that size.
 */
uint64_t glc_check_count(lua_State *L, int index);
void glc_push_count(lua_State *L, uint64_t count);

void glc_push_bytes(lua_State *L, struct glc_bytes bytes);

/* Pushes bytes, GLC_MAX_HEX at the most, as lower-case hexadecimal digits. */
enum { GLC_MAX_HEX = 32 };
void glc_push_hex(lua_State *L, const unsigned char *bytes, size_t count);

/*
 * The one funnel for errors: pushes nil and {kind=, code=, message=} and
 * returns 2, the number of results. No memory raises, as in Lua itself.
 */
int glc_push_failure(lua_State *L, const struct glc_error *error);

/* The same, or true where the code is GLC_OK. */
int glc_push_outcome(lua_State *L, enum glc_code code,
                     const struct glc_error *error);

#pragma GCC visibility pop

#endif
