/* What a request asks for, in the options of libcurl. */
#ifndef GLC_HTTP_REQUEST_H
#define GLC_HTTP_REQUEST_H

#include "state.h"

#pragma GCC visibility push(hidden)

/* Says what the request asks for in the easy handle's options. */
enum glc_code request_set_up(struct glc_transfer *transfer,
                              const struct glc_http_request *request,
                              struct glc_error *error);

/* Has an easy handle forget what is borrowed of a request. */
void request_let_go(CURL *easy);

#pragma GCC visibility pop

#endif
