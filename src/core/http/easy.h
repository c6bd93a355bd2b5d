/* The easy handles of an engine, kept from one request to the next. */
#ifndef GLC_HTTP_EASY_H
#define GLC_HTTP_EASY_H

#include <curl/curl.h>
#include <stdbool.h>
#include <stddef.h>

#include "profile.h"

#pragma GCC visibility push(hidden)

/*
 * An easy handle costs more to make, and to set up, than a call takes. So it
 * reports to this for good, and this says whose request it is.
 */
struct easy_handle {
  CURL *curl;
  struct glc_transfer *transfer; /* NULL: it is idle */
  struct profile profile;        /* what it is set up for */
  struct easy_handle *next;      /* of those that are idle */
  char message[CURL_ERROR_SIZE]; /* of the failure, where libcurl has one */
};

/* Those that are idle. Zeroed, it is empty. */
struct easy_pool {
  struct easy_handle *idle;
  size_t count;
};

/*
 * An idle handle that is set up for the request, or one that is to be: with
 * libcurl's own settings. NULL: there is no memory.
 */
struct easy_handle *easy_take(struct easy_pool *pool,
                              const struct glc_http_request *request);

/*
 * Makes a handle idle. Where something was set or went in another way than
 * for any request, it is not to stay as it is. What idles beyond `most` is
 * freed.
 */
void easy_give_back(struct easy_pool *pool, struct easy_handle *handle,
                    bool stays_set_up, size_t most);

/* Frees what the caller has taken; NULL: nothing. */
void easy_free(struct easy_handle *handle);

void easy_free_all(struct easy_pool *pool);

#pragma GCC visibility pop

#endif
