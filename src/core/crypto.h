/* OpenSSL's own global state. */
#ifndef GLC_CRYPTO_H
#define GLC_CRYPTO_H

#pragma GCC visibility push(hidden)

/*
 * To be called before anything else of OpenSSL: it is not to be cleaned up
 * when the process exits, because threads that the main one does not wait for
 * may still be using it then. Without effect where the host was first.
 */
void glc_crypto_prepare(void);

#pragma GCC visibility pop

#endif
