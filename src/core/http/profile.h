/*
 * What a client's requests have in common, and an easy handle stays set up
 * for between them. What differs from one to the next is set in request.c.
 */
#ifndef GLC_HTTP_PROFILE_H
#define GLC_HTTP_PROFILE_H

#include "message.h"
#include "setup.h"

#pragma GCC visibility push(hidden)

/* Of libcurl, asked once: that takes longer than setting up a request. */
struct libcurl {
  int features;
  const char *ca_info; /* what it believes where a request names nothing */
  const char *ca_path;
};

/* Zeroed, it fits no request. */
struct profile {
  bool is_set_up;
  bool insecure;
  bool tcp_keepalive;
  bool raw_body;
  bool proxy_known;
  size_t buffer_size;
  int64_t connect_timeout;
  struct glc_buffer ca_bundle;
  struct glc_buffer proxy; /* a password may stand in it */
};

/* Whether the handle needs no more than what request.c sets. */
bool profile_fits(const struct profile *profile,
                  const struct glc_http_request *request);

/* Sets a handle up that has libcurl's own settings otherwise. */
void profile_set_up(struct profile *profile, struct setup *setup,
                    const struct libcurl *libcurl,
                    const struct glc_http_request *request);

/* Wipes it: it fits no request any more. */
void profile_forget(struct profile *profile);

/* As far as is known: a proxy of libcurl's own choice may be one. */
bool profile_has_tls_proxy(const struct glc_http_request *request);

#pragma GCC visibility pop

#endif
