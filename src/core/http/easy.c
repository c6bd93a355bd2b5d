#include "easy.h"

#include <stdlib.h>

#include "blank.h"

/* False where it is of no use any more. */
static bool make_blank(struct easy_handle *handle) {
  if (handle->profile.is_set_up) {
    profile_forget(&handle->profile);
  }
  return blank_make(handle->curl);
}

static struct easy_handle *new_handle(void) {
  struct easy_handle *handle = calloc(1, sizeof *handle);

  if (handle != NULL) {
    handle->curl = curl_easy_init();
    if (handle->curl == NULL) {
      free(handle);
      handle = NULL;
    }
  }
  return handle;
}

static struct easy_handle *take(struct easy_pool *pool,
                                struct easy_handle **link) {
  struct easy_handle *handle = *link;

  *link = handle->next;
  handle->next = NULL;
  pool->count--;
  return handle;
}

struct easy_handle *easy_take(struct easy_pool *pool,
                              const struct glc_http_request *request) {
  struct easy_handle **link = &pool->idle;
  struct easy_handle *handle;

  while (*link != NULL && !profile_fits(&(*link)->profile, request)) {
    link = &(*link)->next;
  }
  if (*link != NULL) {
    return take(pool, link);
  }
  if (pool->idle == NULL) {
    return new_handle();
  }
  handle = take(pool, &pool->idle);
  if (!make_blank(handle)) {
    easy_free(handle);
    handle = new_handle();
  }
  return handle;
}

void easy_give_back(struct easy_pool *pool, struct easy_handle *handle,
                    bool stays_set_up, size_t most) {
  handle->transfer = NULL;
  handle->message[0] = '\0';
  if (stays_set_up || make_blank(handle)) {
    handle->next = pool->idle;
    pool->idle = handle;
    pool->count++;
  } else {
    easy_free(handle);
  }
  while (pool->count > most) {
    easy_free(take(pool, &pool->idle));
  }
}

void easy_free(struct easy_handle *handle) {
  if (handle != NULL) {
    curl_easy_cleanup(handle->curl);
    profile_forget(&handle->profile);
    free(handle);
  }
}

void easy_free_all(struct easy_pool *pool) {
  while (pool->idle != NULL) {
    easy_free(take(pool, &pool->idle));
  }
}
