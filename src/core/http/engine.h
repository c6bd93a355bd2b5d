/* What the end of a step asks of the engine. */
#ifndef GLC_HTTP_ENGINE_H
#define GLC_HTTP_ENGINE_H

#include "engine_state.h"

#pragma GCC visibility push(hidden)

/*
 * GLC_CANCELLED in a forked child. Whatever reaches libcurl asks this first:
 * in a child it would take the parent's answers, or end its connections.
 */
enum glc_code engine_owned(const struct glc_http *http,
                           struct glc_error *error);

/* Takes a transfer that has ended off the engine, and fixes its outcome. */
void engine_finish(struct glc_transfer *transfer, CURLcode result);

/* Lets libcurl go on with a body that it was told to keep. */
void engine_resume(struct glc_transfer *transfer);

/* The failure of a call of libcurl's. */
enum glc_code engine_failure(CURLMcode result, struct glc_error *error);

#pragma GCC visibility pop

#endif
