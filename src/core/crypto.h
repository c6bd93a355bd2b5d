/* What OpenSSL keeps for the whole process, and for each thread. */
#ifndef GLC_CRYPTO_H
#define GLC_CRYPTO_H

#include <stdbool.h>

#include "error.h"

#pragma GCC visibility push(hidden)

/*
 * To be called before anything else of OpenSSL: it is not to be cleaned up
 * when the process exits, because threads that the main one does not wait for
 * may still be using it then. Without effect where the host was first.
 */
void glc_crypto_prepare(void);

/* The errors that the host had in its thread's queue; NULL: none. */
struct glc_crypto_scope {
  struct glc_crypto_errors *errors;
};

/*
 * OpenSSL has one queue of errors a thread, and a host that uses OpenSSL too
 * takes what lies in it for its own: an error of ours left there would be
 * said of one of its healthy connections, and libcurl empties the queue
 * whenever it likes. So every function of the core that may reach OpenSSL
 * enters a scope first, in which the queue is empty, and leaves it last: then
 * the queue is what it was. Scopes nest. An entry's mark (ERR_set_mark) is
 * the one thing that does not come back.
 */
void glc_crypto_enter(struct glc_crypto_scope *scope);
void glc_crypto_leave(struct glc_crypto_scope *scope);

/*
 * GLC_CRYPTO, described with `what` failed and the last reason in the queue:
 * to be called within a scope.
 */
enum glc_code glc_crypto_failure(struct glc_error *error, const char *what);

/* The same where the algorithm `what` could not be loaded. */
enum glc_code glc_crypto_missing(struct glc_error *error, const char *what);

#pragma GCC visibility pop

#endif
