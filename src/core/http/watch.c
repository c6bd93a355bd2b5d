/* What an engine waits for: the descriptors that libcurl wants watched. */
#include "watch.h"

#include <stdlib.h>

#include "kept_set.h"
#include "transfer.h"

void watch_init(struct watch *watch) {
  watch->kept.fd = -1;
  watch->kept.events = GLC_HTTP_READ;
}

static void leave_kept(struct watch *watch) {
  if (watch->kept.fd >= 0) {
    kept_set_close(watch->kept.fd);
    watch->kept.fd = -1;
  }
}

void watch_free(struct watch *watch) {
  leave_kept(watch);
  index_free(&watch->by_fd);
  free(watch->events);
  free(watch->transfers);
}

static bool reserve(struct watch *watch) {
  const size_t capacity = watch->capacity * 2 + 8;
  struct glc_http_event *events;
  struct glc_transfer **transfers;

  if (watch->count < watch->capacity) {
    return true;
  }
  events = realloc(watch->events, capacity * sizeof *events);
  if (events != NULL) {
    watch->events = events;
  }
  /* A list of pointers it is. NOLINTNEXTLINE(bugprone-sizeof-expression) */
  transfers = realloc(watch->transfers, capacity * sizeof *transfers);
  if (transfers != NULL) {
    watch->transfers = transfers;
  }
  if (events != NULL && transfers != NULL) {
    watch->capacity = capacity;
  }
  return watch->count < watch->capacity;
}

/* The place of a descriptor; the count where it has none. */
static size_t find(const struct watch *watch, int fd) {
  size_t cursor = 0, position;

  return index_next(&watch->by_fd, fd, &cursor, &position) ? position
                                                           : watch->count;
}

/* What the system does not take into its set is waited for without it. */
static void keep(struct watch *watch, int fd, int before, int events) {
  if (watch->kept.fd >= 0 && before != events &&
      !kept_set_change(watch->kept.fd, fd, before, events) && events != 0) {
    leave_kept(watch);
    watch->has_no_kept = true;
  }
}

/* The last one takes the place of one that is gone. */
static void remove_at(struct watch *watch, size_t at) {
  const size_t last = --watch->count;
  const struct glc_http_event gone = watch->events[at];

  keep(watch, gone.fd, gone.events, 0);
  index_remove(&watch->by_fd, gone.fd, at);
  if (at != last) {
    index_move(&watch->by_fd, watch->events[last].fd, last, at);
    watch->events[at] = watch->events[last];
    watch->transfers[at] = watch->transfers[last];
  }
}

static void set(struct watch *watch, struct glc_transfer *transfer, int fd,
                int events) {
  const struct glc_http_event fresh = {fd, 0};
  size_t at = find(watch, fd);

  if (at == watch->count) {
    if (!reserve(watch) || !index_add(&watch->by_fd, fd, at)) {
      watch->has_failed = true;
      return;
    }
    watch->events[at] = fresh;
    watch->count++;
  }
  watch->transfers[at] = transfer;
  keep(watch, fd, watch->events[at].events, events);
  watch->events[at].events = events;
}

/*
 * Only notes what to watch: an event loop is never called from here. Never
 * fails: libcurl would keep a pointer to a handle that is freed.
 */
int watch_socket(CURL *easy, curl_socket_t fd, int what, void *context,
                 void *socket_context) {
  struct watch *watch = context;
  struct glc_transfer *transfer = transfer_of(easy);

  (void)socket_context;
  if (what != CURL_POLL_REMOVE) {
    if (transfer != NULL) {
      transfer->fd = fd;
    }
    set(watch, transfer, fd,
        ((what & CURL_POLL_IN) ? GLC_HTTP_READ : 0) |
            ((what & CURL_POLL_OUT) ? GLC_HTTP_WRITE : 0));
  } else {
    const size_t at = find(watch, fd);

    if (transfer != NULL && transfer->fd == fd) {
      transfer_note_end(transfer);
      transfer->fd = -1;
    }
    if (at < watch->count) {
      remove_at(watch, at);
    }
  }
  return 0;
}

struct glc_transfer *watch_transfer(const struct watch *watch, int fd) {
  const size_t at = find(watch, fd);

  return at < watch->count ? watch->transfers[at] : NULL;
}

void watch_forget(struct watch *watch, const struct glc_transfer *transfer,
                  int fd) {
  const size_t at = fd >= 0 ? find(watch, fd) : watch->count;

  if (at < watch->count && watch->transfers[at] == transfer) {
    watch->transfers[at] = NULL;
  }
}

static void enter_kept(struct watch *watch) {
  size_t i;

  watch->kept.fd = kept_set_open();
  watch->has_no_kept = watch->kept.fd < 0;
  for (i = 0; i < watch->count && watch->kept.fd >= 0; i++) {
    keep(watch, watch->events[i].fd, 0, watch->events[i].events);
  }
}

void watch_settle(struct watch *watch) {
  if (watch->kept.fd >= 0 && watch->count <= WATCH_FEW_AGAIN) {
    leave_kept(watch);
  } else if (watch->kept.fd < 0 && watch->count > WATCH_FEW &&
             !watch->has_no_kept) {
    enter_kept(watch);
  }
}

const struct glc_http_event *watch_events(const struct watch *watch,
                                          size_t *count) {
  *count = watch->kept.fd >= 0 ? 1 : watch->count;
  return watch->kept.fd >= 0 ? &watch->kept : watch->events;
}
