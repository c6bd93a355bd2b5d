/* What a request asks for, said in libcurl's options. */
#include <string.h>

#include "proxy.h"
#include "request.h"

#if LIBCURL_VERSION_NUM < 0x075700
#error "libcurl 7.87 or later is needed"
#endif

/*
 * What is received at once of a body that may be large; of others libcurl's
 * own measure, which every call on its way takes, is enough.
 */
enum { LARGE_BUFFER = 256 * 1024 };

/* Options are set in a run; the first failure stays and is checked once. */
struct setup {
  struct glc_transfer *transfer;
  CURLcode result;
  struct glc_error *error; /* its code is GLC_OK until something is refused */
};

static void set_long(struct setup *setup, CURLoption option, long value) {
  if (setup->result == CURLE_OK) {
    setup->result = curl_easy_setopt(setup->transfer->easy, option, value);
  }
}

static void set_pointer(struct setup *setup, CURLoption option,
                        const void *value) {
  if (setup->result == CURLE_OK) {
    setup->result = curl_easy_setopt(setup->transfer->easy, option, value);
  }
}

/*
 * A text as libcurl takes it; false where it cannot be one. The copy is the
 * caller's to free, which wipes it: it may hold a proxy's password.
 */
static bool copy_text(struct setup *setup, struct glc_buffer *copy,
                      struct glc_bytes text, const char *what) {
  glc_buffer_init_secret(copy, (size_t)64 * 1024);
  glc_buffer_append(copy, text);
  if (setup->error->code == GLC_OK &&
      glc_buffer_check(copy, what, setup->error) == GLC_OK &&
      strlen(glc_buffer_bytes(copy).data) != text.length) {
    glc_error_set(setup->error, GLC_INVALID, "%s holds a NUL byte", what);
  }
  return setup->error->code == GLC_OK;
}

static void set_text(struct setup *setup, CURLoption option,
                     struct glc_bytes text, const char *what) {
  struct glc_buffer copy;

  if (copy_text(setup, &copy, text, what)) {
    set_pointer(setup, option, glc_buffer_bytes(&copy).data);
  }
  glc_buffer_free(&copy);
}

/* The copy is the transfer's, so that it can be wiped. */
static void set_body(struct setup *setup, struct glc_bytes body) {
  struct glc_buffer *upload = &setup->transfer->upload;

  glc_buffer_append(upload, body);
  if (setup->error->code == GLC_OK) {
    (void)glc_buffer_check(upload, "the request's body", setup->error);
  }
  if (setup->result == CURLE_OK) {
    setup->result =
        curl_easy_setopt(setup->transfer->easy, CURLOPT_POSTFIELDSIZE_LARGE,
                         (curl_off_t)body.length);
  }
  set_pointer(setup, CURLOPT_POSTFIELDS, glc_buffer_bytes(upload).data);
}

/* Of what libcurl would add by itself nothing is sent. */
static void set_headers(struct setup *setup,
                        const struct glc_http_request *request) {
  static const char *const unwanted[] = {"Accept", "Expect", "Content-Type",
                                         "Accept-Encoding"};
  struct fields *fields = &setup->transfer->fields;
  enum glc_code code = setup->error->code;
  size_t i;

  for (i = 0; code == GLC_OK && i < sizeof unwanted / sizeof *unwanted; i++) {
    code = fields_leave_out(fields, unwanted[i], setup->error);
  }
  for (i = 0; code == GLC_OK && i < request->header_count; i++) {
    code = fields_add(fields, &request->headers[i], setup->error);
  }
  set_pointer(setup, CURLOPT_HTTPHEADER, fields->first);
}

/*
 * libcurl decodes where it has been told what to ask for; what is asked for
 * is the caller's all the same, by its own header or by none.
 */
static void set_decoding(struct setup *setup,
                         const struct glc_http_request *request) {
  const int features = setup->transfer->around->features;

  if (!request->raw_body && (features & CURL_VERSION_LIBZ) != 0) {
    set_pointer(setup, CURLOPT_ACCEPT_ENCODING, "gzip, deflate");
  }
}

static void set_method(struct setup *setup,
                       const struct glc_http_request *request) {
  const bool head = glc_bytes_equal(request->method, glc_bytes_of("HEAD"));
  const bool get = glc_bytes_equal(request->method, glc_bytes_of("GET"));

  setup->transfer->repeatable = get || head;
  setup->transfer->bodiless = head;
  if (!is_token(request->method)) {
    glc_error_set(setup->error, GLC_INVALID, "the method is no token");
  } else if (head) {
    set_long(setup, CURLOPT_NOBODY, 1);
  } else if (get && request->body.length == 0) {
    set_long(setup, CURLOPT_HTTPGET, 1);
  } else {
    set_long(setup, CURLOPT_POST, 1);
    set_body(setup, request->body);
    set_text(setup, CURLOPT_CUSTOMREQUEST, request->method, "the method");
  }
}

/*
 * libcurl would leave a proxy out where no_proxy of the environment has the
 * server's name, unless it is told another no_proxy.
 */
static void set_proxy(struct setup *setup,
                      const struct glc_http_request *request) {
  struct glc_buffer copy;

  set_pointer(setup, CURLOPT_NOPROXY, "");
  set_text(setup, CURLOPT_PROXY, *request->proxy, "the proxy");
  if (request->proxy->length > 0) {
    if (copy_text(setup, &copy, *request->proxy, "the proxy")) {
      (void)proxy_read(setup->transfer, glc_buffer_bytes(&copy).data,
                                begins_ignoring_case(request->url, "https:"),
                                setup->error);
    }
    glc_buffer_free(&copy);
  }
}

static void set_connection(struct setup *setup,
                           const struct glc_http_request *request) {
  set_text(setup, CURLOPT_URL, request->url, "the URL");
  set_pointer(setup, CURLOPT_PROTOCOLS_STR, "http,https");
  set_long(setup, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
  set_long(setup, CURLOPT_PATH_AS_IS, 1);
  set_long(setup, CURLOPT_NOSIGNAL, 1);
  set_long(setup, CURLOPT_FOLLOWLOCATION, 0);
  if (request->piece_bytes > 0) {
    set_long(setup, CURLOPT_BUFFERSIZE, LARGE_BUFFER);
  }
  set_long(setup, CURLOPT_TCP_KEEPALIVE, request->tcp_keepalive);
  set_long(setup, CURLOPT_FRESH_CONNECT, request->fresh_connection);
  /* Removing a handle must not wait for the resolver's thread. */
  set_long(setup, CURLOPT_QUICK_EXIT, 1);
  /* libcurl reads 0 as its own 300 s. */
  set_long(setup, CURLOPT_CONNECTTIMEOUT_MS,
           request->connect_timeout > 0 && request->connect_timeout < INT32_MAX
               ? (long)request->connect_timeout
               : (long)INT32_MAX);
  if (request->proxy != NULL) {
    set_proxy(setup, request);
  }
}

/* As far as is known: a proxy of libcurl's own choice may. */
static bool has_tls_proxy(const struct glc_http_request *request) {
  return request->proxy == NULL ||
         begins_ignoring_case(*request->proxy, "https:");
}

static bool speaks_tls(const struct glc_http_request *request) {
  return begins_ignoring_case(request->url, "https:") ||
         has_tls_proxy(request);
}

/* A libcurl that cannot do TLS to a proxy says so when it is to. */
static void set_for_proxy(struct setup *setup, CURLcode result) {
  if (setup->result == CURLE_OK && result != CURLE_UNKNOWN_OPTION &&
      result != CURLE_NOT_BUILT_IN) {
    setup->result = result;
  }
}

static void set_verification(struct setup *setup, bool wanted) {
  set_long(setup, CURLOPT_SSL_VERIFYPEER, wanted);
  set_long(setup, CURLOPT_SSL_VERIFYHOST, wanted ? 2 : 0);
  set_long(setup, CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2);
}

static void set_bundle(struct setup *setup,
                       const struct glc_http_request *request) {
  CURL *easy = setup->transfer->easy;
  struct glc_buffer copy;

  if (copy_text(setup, &copy, request->ca_bundle, "the CA bundle")) {
    const char *text = glc_buffer_bytes(&copy).data;

    set_pointer(setup, CURLOPT_CAINFO, text);
    if (has_tls_proxy(request)) {
      set_for_proxy(setup,
                    curl_easy_setopt(easy, CURLOPT_PROXY_CAINFO, text));
    }
  }
  glc_buffer_free(&copy);
}

/* What set_tls says of the server, but for the bundle, of a proxy. */
static void set_proxy_tls(struct setup *setup, bool wanted, bool has_bundle) {
  CURL *easy = setup->transfer->easy;

  set_for_proxy(setup, curl_easy_setopt(easy, CURLOPT_PROXY_SSL_VERIFYPEER,
                                        (long)wanted));
  set_for_proxy(setup, curl_easy_setopt(easy, CURLOPT_PROXY_SSL_VERIFYHOST,
                                        wanted ? 2L : 0L));
  set_for_proxy(setup, curl_easy_setopt(easy, CURLOPT_PROXY_SSLVERSION,
                                        (long)CURL_SSLVERSION_TLSv1_2));
  if (has_bundle) {
    set_for_proxy(setup, curl_easy_setopt(easy, CURLOPT_PROXY_CAPATH, NULL));
  }
}

/*
 * libcurl keeps the certificates that it has read, and connections that were
 * made by them. After another file was seen in place of theirs neither is
 * used any more. Ages are whole seconds there: in the first ones nothing that
 * is kept is used, later nothing that is as old. A session of TLS that is
 * resumed shows no certificate at all, so none is.
 */
static void set_age(struct setup *setup, int64_t age) {
  enum { GRACE = 2, LONGEST = 24 * 60 * 60 };
  const long seconds = age / 1000 < LONGEST ? (long)(age / 1000) : LONGEST;

  if (age >= 0 && seconds < LONGEST) {
    set_long(setup, CURLOPT_CA_CACHE_TIMEOUT, seconds < GRACE ? 0 : seconds);
    if (seconds < GRACE) {
      set_long(setup, CURLOPT_FRESH_CONNECT, 1);
    } else {
      set_long(setup, CURLOPT_MAXLIFETIME_CONN, seconds - 1);
    }
  }
}

static void set_tls(struct setup *setup,
                    const struct glc_http_request *request) {
  struct surroundings *around = setup->transfer->around;
  const bool has_bundle =
      request->ca_bundle.length > 0 || around->ca_info != NULL;
  struct glc_bytes path = request->ca_bundle;
  int64_t age = -1;

  set_verification(setup, !request->insecure);
  set_long(setup, CURLOPT_SSL_SESSIONID_CACHE, 0);
  if (path.length > 0) {
    set_bundle(setup, request);
  } else if (around->ca_info != NULL) {
    path = glc_bytes_of(around->ca_info);
  } else if (around->ca_path != NULL) {
    path = glc_bytes_of(around->ca_path);
  }
  /*
   * With a folder set, libcurl parses the bundle anew for each connection
   * (37 ms) in place of once.
   */
  if (has_bundle) {
    set_pointer(setup, CURLOPT_CAPATH, NULL);
  }
  if (has_tls_proxy(request)) {
    set_proxy_tls(setup, !request->insecure, has_bundle);
  }
  if (!request->insecure && path.length > 0 && speaks_tls(request) &&
      setup->error->code == GLC_OK &&
      trust_look(&around->trusted, path, &age, setup->error) == GLC_OK) {
    set_age(setup, age);
  }
}

enum glc_code request_set_up(struct glc_transfer *transfer,
                              const struct glc_http_request *request,
                              struct glc_error *error) {
  struct glc_error refusal = {GLC_OK, ""};
  struct setup setup = {transfer, CURLE_OK, &refusal};

  set_connection(&setup, request);
  set_tls(&setup, request);
  set_method(&setup, request);
  set_decoding(&setup, request);
  set_headers(&setup, request);
  if (refusal.code == GLC_OK && setup.result != CURLE_OK) {
    glc_error_set(&refusal,
                  setup.result == CURLE_OUT_OF_MEMORY ? GLC_NO_MEMORY
                                                      : GLC_INVALID,
                  "libcurl refused the request: %s",
                  curl_easy_strerror(setup.result));
  }
  (void)glc_error_of_request(&refusal, refusal.code);
  if (refusal.code != GLC_OK) {
    glc_error_set(error, refusal.code, "%s", refusal.message);
  }
  return refusal.code;
}
