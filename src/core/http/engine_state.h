/* The inside of an engine: for engine.c and step.c only. */
#ifndef GLC_HTTP_ENGINE_STATE_H
#define GLC_HTTP_ENGINE_STATE_H

#include <curl/curl.h>

#include "http.h"
#include "owner.h"
#include "state.h"
#include "watch.h"

#pragma GCC visibility push(hidden)

/* Easy handles kept for the next requests, unless more of them are in use. */
enum { MOST_IDLE = 8 };

struct glc_http {
  CURLM *multi;
  struct owner owner;
  struct glc_transfer *transfers; /* those on their way */
  size_t active;
  struct surroundings around;
  struct easy_pool handles;
  struct watch watch;
  double started; /* how many transfers there have been */
};

#pragma GCC visibility pop

#endif
