/* The inside of struct glc_credentials: for the signer, for no one else. */
#ifndef GLC_SIGV4_IDENTITY_H
#define GLC_SIGV4_IDENTITY_H

#include "../buffer.h"

#pragma GCC visibility push(hidden)

/* One block, so that one wipe reaches all of it. */
struct glc_credentials {
  struct glc_bytes access_key_id;
  struct glc_bytes secret_access_key;
  struct glc_bytes session_token;
  size_t length;
  char storage[];
};

#pragma GCC visibility pop

#endif
