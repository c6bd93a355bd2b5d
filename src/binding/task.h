/* The tasks and ranges of a part file, in the hands of Lua. */
#ifndef GLC_BINDING_TASK_H
#define GLC_BINDING_TASK_H

#include "handle.h"

#pragma GCC visibility push(hidden)

/* Of a handle whose object is a struct glc_task. */
extern const struct glc_type glc_task_type;

#pragma GCC visibility pop

#endif
