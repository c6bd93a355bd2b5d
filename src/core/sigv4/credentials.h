/* Who signs: an access key, and a session token where there is one. */
#ifndef GLC_SIGV4_CREDENTIALS_H
#define GLC_SIGV4_CREDENTIALS_H

#include "../buffer.h"
#include "../error.h"

#pragma GCC visibility push(hidden)

/* An identity to sign with; the secrets are wiped when it is freed. */
struct glc_credentials;

/*
 * Copies the three; an empty session token is none. Refused (GLC_INVALID):
 * an empty or unprintable access key id or token, an empty secret. Messages
 * never quote them.
 */
struct glc_credentials *
glc_credentials_new(struct glc_bytes access_key_id,
                    struct glc_bytes secret_access_key,
                    struct glc_bytes session_token, struct glc_error *error);
void glc_credentials_free(struct glc_credentials *credentials);

/* The access key id, which is no secret; borrowed. */
struct glc_bytes
glc_credentials_access_key_id(const struct glc_credentials *credentials);

/* The session token, empty where there is none; borrowed, a secret. */
struct glc_bytes
glc_credentials_session_token(const struct glc_credentials *credentials);

#pragma GCC visibility pop

#endif
