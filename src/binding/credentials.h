/* Credentials in the hands of Lua: who signs. */
#ifndef GLC_BINDING_CREDENTIALS_H
#define GLC_BINDING_CREDENTIALS_H

#include "handle.h"

#pragma GCC visibility push(hidden)

/* Its objects are struct glc_credentials (core/sigv4/credentials.h). */
extern const struct glc_type glc_credentials_type;

/* credentials(access_key_id, secret_access_key [, session_token]) */
int glc_new_credentials(lua_State *L);

#pragma GCC visibility pop

#endif
