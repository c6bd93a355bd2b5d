/* What libcurl tells of a transfer while it is on its way. */
#ifndef GLC_HTTP_CALLBACKS_H
#define GLC_HTTP_CALLBACKS_H

#include "state.h"

#pragma GCC visibility push(hidden)

/* Has an easy handle report what comes to the transfer of the moment. */
void callbacks_set(struct setup *setup, struct easy_handle *handle,
                   struct surroundings *around);

#pragma GCC visibility pop

#endif
