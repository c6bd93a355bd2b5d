/* The descriptors that an engine waits for. */
#ifndef GLC_HTTP_WATCH_H
#define GLC_HTTP_WATCH_H

#include "engine_state.h"

#pragma GCC visibility push(hidden)

/* CURLMOPT_SOCKETFUNCTION, with the engine for its data. */
int watch_socket(CURL *easy, curl_socket_t fd, int what, void *http,
                 void *socket_context);

#pragma GCC visibility pop

#endif
