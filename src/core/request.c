/* What a request asks for, said in libcurl's options. */
#include <string.h>

#include "transfer.h"

#if LIBCURL_VERSION_NUM < 0x075700
#error "libcurl 7.87 or later is needed"
#endif

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
  glc_buffer_init_secret(copy, 64 * 1024);
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

/* RFC 9110 5.6.2. In "name;" libcurl would read a ";" as its own sign. */
static bool is_token(struct glc_bytes name) {
  static const char separators[] = "()<>@,;:\\\"/[]?={}";
  size_t i;

  for (i = 0; i < name.length; i++) {
    if (name.data[i] <= ' ' || name.data[i] > '~' ||
        strchr(separators, name.data[i]) != NULL) {
      return false;
    }
  }
  return name.length > 0;
}

/* A CR, LF or NUL would end the field and begin another. */
static bool is_one_line(struct glc_bytes value) {
  size_t i;

  for (i = 0; i < value.length; i++) {
    if (value.data[i] == '\r' || value.data[i] == '\n' ||
        value.data[i] == '\0') {
      return false;
    }
  }
  return true;
}

/* `prefix` is in lower case. */
static bool begins_ignoring_case(struct glc_bytes text, const char *prefix) {
  size_t i = 0;

  while (i < text.length && prefix[i] != '\0' &&
         (text.data[i] >= 'A' && text.data[i] <= 'Z'
              ? text.data[i] - 'A' + 'a'
              : text.data[i]) == prefix[i]) {
    i++;
  }
  return prefix[i] == '\0';
}

static bool equals_ignoring_case(struct glc_bytes name, const char *text) {
  return name.length == strlen(text) && begins_ignoring_case(name, text);
}

/* libcurl takes a field of nothing but space for one without a value. */
static bool is_blank(struct glc_bytes value) {
  size_t i = 0;

  while (i < value.length && memchr(" \t\v\f", value.data[i], 4) != NULL) {
    i++;
  }
  return i == value.length;
}

static void add_field(struct setup *setup, const char *line) {
  struct curl_slist *longer =
      curl_slist_append(setup->transfer->fields, line);

  if (longer != NULL) {
    setup->transfer->fields = longer;
  } else {
    setup->result = CURLE_OUT_OF_MEMORY;
  }
}

/* One that does not fit the body would make two requests of one. */
static bool is_framing(struct glc_bytes name) {
  return equals_ignoring_case(name, "content-length") ||
         equals_ignoring_case(name, "transfer-encoding");
}

static void add_header(struct setup *setup, const struct glc_header *header) {
  struct glc_buffer line;

  if (!is_token(header->name) || !is_one_line(header->value) ||
      is_framing(header->name)) {
    glc_error_set(setup->error, GLC_INVALID,
                  "the name or value of a request header cannot be sent");
    return;
  }
  glc_buffer_init_secret(&line, 256 * 1024);
  glc_buffer_append(&line, header->name);
  /* "Name;" is how libcurl is told to send a field without a value. */
  if (is_blank(header->value)) {
    glc_buffer_append_byte(&line, ';');
  } else {
    glc_buffer_append_text(&line, ": ");
    glc_buffer_append(&line, header->value);
  }
  if (glc_buffer_check(&line, "a request header", setup->error) == GLC_OK) {
    add_field(setup, glc_buffer_bytes(&line).data);
  }
  glc_buffer_free(&line);
}

/* "Name:" takes away a field that libcurl would add by itself. */
static void set_headers(struct setup *setup,
                        const struct glc_http_request *request) {
  static const char *const unwanted[] = {"Accept:", "Expect:",
                                         "Content-Type:"};
  size_t i;

  for (i = 0; i < sizeof unwanted / sizeof *unwanted; i++) {
    add_field(setup, unwanted[i]);
  }
  for (i = 0; i < request->header_count; i++) {
    add_header(setup, &request->headers[i]);
  }
  set_pointer(setup, CURLOPT_HTTPHEADER, setup->transfer->fields);
}

static void set_method(struct setup *setup,
                       const struct glc_http_request *request) {
  const bool head = glc_bytes_equal(request->method, glc_bytes_of("HEAD"));
  const bool get = glc_bytes_equal(request->method, glc_bytes_of("GET"));
  CURL *easy = setup->transfer->easy;

  setup->transfer->repeatable = get || head;
  if (!is_token(request->method)) {
    glc_error_set(setup->error, GLC_INVALID, "the method is no token");
  } else if (head) {
    set_long(setup, CURLOPT_NOBODY, 1);
  } else if (get && request->body.length == 0) {
    set_long(setup, CURLOPT_HTTPGET, 1);
  } else {
    if (setup->result == CURLE_OK) {
      setup->result =
          curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE,
                           (curl_off_t)request->body.length);
    }
    set_pointer(setup, CURLOPT_COPYPOSTFIELDS,
                request->body.length > 0 ? request->body.data : "");
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
      (void)transfer_read_proxy(setup->transfer, glc_buffer_bytes(&copy).data,
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
  set_long(setup, CURLOPT_TCP_KEEPALIVE, request->tcp_keepalive);
  set_long(setup, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1);
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

static void set_tls(struct setup *setup,
                    const struct glc_http_request *request) {
  set_long(setup, CURLOPT_SSL_VERIFYPEER, !request->insecure);
  set_long(setup, CURLOPT_SSL_VERIFYHOST, request->insecure ? 0 : 2);
  set_long(setup, CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2);
  if (request->ca_bundle.length > 0) {
    set_text(setup, CURLOPT_CAINFO, request->ca_bundle, "the CA bundle");
  }
  /*
   * With a folder set, libcurl parses the bundle anew for each connection
   * (37 ms) in place of once.
   */
  if (request->ca_bundle.length > 0 ||
      curl_version_info(CURLVERSION_NOW)->cainfo != NULL) {
    set_pointer(setup, CURLOPT_CAPATH, NULL);
  }
}

enum glc_code transfer_set_up(struct glc_transfer *transfer,
                              const struct glc_http_request *request,
                              struct glc_error *error) {
  struct glc_error refusal = {GLC_OK, ""};
  struct setup setup = {transfer, CURLE_OK, &refusal};

  set_connection(&setup, request);
  set_tls(&setup, request);
  set_method(&setup, request);
  set_headers(&setup, request);
  if (setup.result == CURLE_OK) {
    setup.result = transfer_set_callbacks(transfer);
  }
  if (refusal.code == GLC_OK && setup.result != CURLE_OK) {
    glc_error_set(&refusal,
                  setup.result == CURLE_OUT_OF_MEMORY ? GLC_NO_MEMORY
                                                      : GLC_INVALID,
                  "libcurl refused the request: %s",
                  curl_easy_strerror(setup.result));
  }
  if (refusal.code != GLC_OK) {
    glc_error_set(error, refusal.code, "%s", refusal.message);
  }
  return refusal.code;
}
