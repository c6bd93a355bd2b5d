/* The journals of glacier.core.download, in the hands of Lua. */
#ifndef GLC_BINDING_JOURNAL_H
#define GLC_BINDING_JOURNAL_H

#include <sys/types.h>

#include "../core/error.h"
#include "handle.h"

#pragma GCC visibility push(hidden)

/* Of a handle whose object is a struct glc_journal. */
extern const struct glc_type glc_journal_type;

/* download.journal(path) -> journal | nil, failure */
int glc_new_journal(lua_State *L);

/* As glc_push_failure, with pid= where somebody has the file locked. */
int glc_push_lock_failure(lua_State *L, const struct glc_error *error,
                          pid_t holder);

#pragma GCC visibility pop

#endif
