/* Error codes of the core, and the one way in which it reports failure. */
#ifndef GLC_ERROR_H
#define GLC_ERROR_H

#include <stddef.h>

/*
 * As in every header of ours, whatever the compiler is told: a shared object
 * shows its luaopen_ functions alone, and uses no namesake of the host's.
 */
#pragma GCC visibility push(hidden)

/*
 * X(symbol, kind, name). The kind is what err.kind says in Lua; the name is
 * the one under which the AWS SDK for Python knows the failure, so that what
 * people search for is found.
 */
#define GLC_CODES(X)                                             \
  X(GLC_OK, "ok", "")                                            \
  X(GLC_NO_MEMORY, "memory", "MemoryError")                      \
  X(GLC_INVALID, "config", "InvalidConfigError")                 \
  X(GLC_CRYPTO, "config", "CryptoError")                         \
  X(GLC_RESOLVE, "network", "EndpointConnectionError")           \
  X(GLC_CONNECT, "network", "EndpointConnectionError")           \
  X(GLC_PROXY, "network", "ProxyConnectionError")                \
  X(GLC_CLOSED, "network", "ConnectionClosedError")              \
  X(GLC_CONNECT_TIMEOUT, "timeout", "ConnectTimeoutError")       \
  X(GLC_READ_TIMEOUT, "timeout", "ReadTimeoutError")             \
  X(GLC_DEADLINE, "timeout", "DeadlineExceededError")            \
  X(GLC_TLS, "tls", "SSLError")                                  \
  X(GLC_PROTOCOL, "protocol", "HTTPClientError")                 \
  X(GLC_TOO_LARGE, "protocol", "ResponseTooLargeError")          \
  X(GLC_CANCELLED, "cancelled", "CancelledError")                \
  X(GLC_FILE, "config", "FileError")                             \
  X(GLC_FILE_EXISTS, "config", "FileExists")                     \
  X(GLC_LOCKED, "config", "Locked")

enum glc_code {
#define GLC_ENUM(symbol, kind, name) symbol,
  GLC_CODES(GLC_ENUM)
#undef GLC_ENUM
};

enum { GLC_MESSAGE_SIZE = 320 };

/* Owned by the caller; setting it never allocates and never fails. */
struct glc_error {
  enum glc_code code;
  char message[GLC_MESSAGE_SIZE];
};

/* The kind of a code, as Lua shows it: "network", "timeout", ... */
const char *glc_code_kind(enum glc_code code);

/* The name of a code: "EndpointConnectionError", ... */
const char *glc_code_name(enum glc_code code);

/*
 * Fills `error` from a printf-like format and returns `code`, so that a failure
 * is one statement. `error` may be NULL. Where the message is longer than the
 * space there is it ends between two characters, and bytes that are no UTF-8
 * become U+FFFD: texts of other libraries and paths are in it.
 */
#if defined(__GNUC__)
__attribute__((format(printf, 3, 4)))
#endif
enum glc_code glc_error_set(struct glc_error *error, enum glc_code code,
                            const char *format, ...);

/*
 * The code for what the caller gave: GLC_TOO_LARGE is of a response, so what
 * is too large of a request is GLC_INVALID, in the error, too.
 */
enum glc_code glc_error_of_request(struct glc_error *error,
                                   enum glc_code code);

/*
 * How many of the first bytes of a text to show: `limit` at the most, and no
 * part of a character (UTF-8) but whole ones.
 */
size_t glc_error_cut(const char *text, size_t length, size_t limit);

/* What the system says of an errno; empty where it says nothing. */
void glc_error_describe(int number, char *text, size_t size);

#pragma GCC visibility pop

#endif
