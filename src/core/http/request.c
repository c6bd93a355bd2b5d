/* What a request asks for, said in libcurl's options. */
#include <string.h>

#include "callbacks.h"
#include "proxy.h"
#include "request.h"

#if LIBCURL_VERSION_NUM < 0x075700
#error "libcurl 7.87 or later is needed"
#endif

/* The copy is the transfer's, so that it can be wiped. */
static void set_body(struct setup *setup, struct glc_transfer *transfer,
                     struct glc_bytes body) {
  struct glc_buffer *upload = &transfer->upload;

  glc_buffer_append(upload, body);
  if (setup->refusal.code == GLC_OK) {
    (void)glc_buffer_check(upload, "the request's body", &setup->refusal);
  }
  setup_size(setup, CURLOPT_POSTFIELDSIZE_LARGE, body.length);
  setup_pointer(setup, CURLOPT_POSTFIELDS, glc_buffer_bytes(upload).data);
}

static void set_headers(struct setup *setup, struct glc_transfer *transfer,
                        const struct glc_http_request *request) {
  struct fields *fields = &transfer->fields;

  if (setup->refusal.code == GLC_OK) {
    (void)fields_fill(fields, request->headers, request->header_count,
                      &setup->refusal);
  }
  setup_pointer(setup, CURLOPT_HTTPHEADER, fields->first);
}

/* Says all that the method of an earlier request may have said otherwise. */
static void set_method(struct setup *setup, struct glc_transfer *transfer,
                       const struct glc_http_request *request) {
  const bool head = glc_bytes_equal(request->method, glc_bytes_of("HEAD"));
  const bool get = glc_bytes_equal(request->method, glc_bytes_of("GET"));
  const bool post = glc_bytes_equal(request->method, glc_bytes_of("POST"));
  const bool bare = head || (get && request->body.length == 0);

  transfer->repeatable = get || head;
  transfer->bodiless = head;
  if (!is_token(request->method)) {
    glc_error_set(&setup->refusal, GLC_INVALID, "the method is no token");
  }
  if (bare || post) {
    setup_pointer(setup, CURLOPT_CUSTOMREQUEST, NULL);
  } else {
    setup_text(setup, CURLOPT_CUSTOMREQUEST, request->method, "the method");
  }
  if (bare) {
    setup_long(setup, head ? CURLOPT_NOBODY : CURLOPT_HTTPGET, 1);
  } else {
    setup_long(setup, CURLOPT_POST, 1);
    set_body(setup, transfer, request->body);
  }
}

/* What the transfer is to know of its proxy; the handle is told before. */
static void note_proxy(struct setup *setup, struct glc_transfer *transfer,
                       const struct glc_http_request *request) {
  struct glc_buffer copy;

  if (request->proxy != NULL && request->proxy->length > 0) {
    if (setup_copy(setup, &copy, *request->proxy, "the proxy")) {
      (void)proxy_read(transfer, glc_buffer_bytes(&copy).data,
                       begins_ignoring_case(request->url, "https:"),
                       &setup->refusal);
    }
    glc_buffer_free(&copy);
  }
}

/*
 * libcurl keeps the certificates that it has read, and connections that were
 * made by them. After another file was seen in place of theirs neither is
 * used any more. Ages are whole seconds there: in the first ones nothing that
 * is kept is used, later nothing that is as old.
 */
static void set_age(struct setup *setup, struct glc_transfer *transfer,
                    int64_t age) {
  enum { GRACE = 2, LONGEST = 24 * 60 * 60 };
  const long seconds = age / 1000 < LONGEST ? (long)(age / 1000) : LONGEST;

  if (age >= 0 && seconds < LONGEST) {
    transfer->odd = true;
    setup_long(setup, CURLOPT_CA_CACHE_TIMEOUT,
               seconds < GRACE ? 0 : seconds);
    if (seconds < GRACE) {
      setup_long(setup, CURLOPT_FRESH_CONNECT, 1);
    } else {
      setup_long(setup, CURLOPT_MAXLIFETIME_CONN, seconds - 1);
    }
  }
}

static bool speaks_tls(const struct glc_http_request *request) {
  return begins_ignoring_case(request->url, "https:") ||
         profile_has_tls_proxy(request);
}

static void set_trust(struct setup *setup, struct glc_transfer *transfer,
                      const struct glc_http_request *request) {
  struct surroundings *around = transfer->around;
  struct glc_bytes path = request->ca_bundle;
  int64_t age = -1;

  if (path.length == 0 && around->libcurl.ca_info != NULL) {
    path = glc_bytes_of(around->libcurl.ca_info);
  } else if (path.length == 0 && around->libcurl.ca_path != NULL) {
    path = glc_bytes_of(around->libcurl.ca_path);
  }
  if (!request->insecure && path.length > 0 && speaks_tls(request) &&
      setup->refusal.code == GLC_OK &&
      trust_look(&around->trusted, path, &age, &setup->refusal) == GLC_OK) {
    set_age(setup, transfer, age);
  }
}

enum glc_code request_set_up(struct glc_transfer *transfer,
                             const struct glc_http_request *request,
                             struct glc_error *error) {
  struct easy_handle *handle = transfer->handle;
  struct setup setup = setup_begin(handle->curl);

  if (!profile_fits(&handle->profile, request)) {
    callbacks_set(&setup, handle, transfer->around);
    profile_set_up(&handle->profile, &setup, &transfer->around->libcurl,
                   request);
  }
  setup_text(&setup, CURLOPT_URL, request->url, "the URL");
  setup_long(&setup, CURLOPT_FRESH_CONNECT, request->fresh_connection);
  note_proxy(&setup, transfer, request);
  set_trust(&setup, transfer, request);
  set_method(&setup, transfer, request);
  set_headers(&setup, transfer, request);
  return setup_end(&setup, error);
}

/* NULL for any of these cannot fail. */
void request_let_go(CURL *easy) {
  (void)curl_easy_setopt(easy, CURLOPT_HTTPHEADER, NULL);
  (void)curl_easy_setopt(easy, CURLOPT_POSTFIELDS, NULL);
}
