/* Handles of libcurl's that are to be as new. */
#ifndef GLC_BLANK_H
#define GLC_BLANK_H

#include <curl/curl.h>
#include <stdbool.h>

#pragma GCC visibility push(hidden)

/*
 * As curl_easy_reset, which says nothing when it finds no memory for one of
 * its defaults and leaves those that follow at 0: requests on such a handle
 * fail without a reason. False where the handle is of no use any more, but to
 * be given back to libcurl.
 */
bool blank_make(CURL *easy);

#pragma GCC visibility pop

#endif
