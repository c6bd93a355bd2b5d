#include "crypto.h"

#include <openssl/crypto.h>

void glc_crypto_prepare(void) {
  /* A failure shows where OpenSSL is used. */
  (void)OPENSSL_init_crypto(OPENSSL_INIT_NO_ATEXIT, NULL);
}
