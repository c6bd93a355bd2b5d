/* The part files of glacier.core.download, in the hands of Lua. */
#ifndef GLC_BINDING_PART_FILE_H
#define GLC_BINDING_PART_FILE_H

#include "handle.h"

#pragma GCC visibility push(hidden)

/* Of a handle whose object is a struct glc_part_file. */
extern const struct glc_type glc_part_file_type;

/* download.file(path) -> file | nil, failure */
int glc_new_part_file(lua_State *L);

#pragma GCC visibility pop

#endif
