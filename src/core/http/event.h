/* What is waited for. */
#ifndef GLC_HTTP_EVENT_H
#define GLC_HTTP_EVENT_H

#pragma GCC visibility push(hidden)

enum {
  GLC_HTTP_READ = 1,
  GLC_HTTP_WRITE = 2,
  /* In what is ready only. */
  GLC_HTTP_ERROR = 4,
  GLC_HTTP_POLLED = 8 /* READ was just seen, and is not the host's guess */
};

/* A descriptor and what it is watched for, or ready for. */
struct glc_http_event {
  int fd;
  int events;
};

#pragma GCC visibility pop

#endif
