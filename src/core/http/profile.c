#include "profile.h"

#include "fields.h"

/*
 * What is received at once of a body that may be large; of others libcurl's
 * own measure, which every call on its way takes, is enough.
 */
enum { LARGE_BUFFER = 256 * 1024 };

/* In bytes; 0: libcurl's own measure. */
static size_t buffer_size(const struct glc_http_request *request) {
  if (request->piece_bytes == 0) {
    return 0;
  }
  return request->buffer_bytes > 0 && request->buffer_bytes < LARGE_BUFFER
             ? request->buffer_bytes
             : LARGE_BUFFER;
}

bool profile_fits(const struct profile *profile,
                  const struct glc_http_request *request) {
  const bool proxy_known = request->proxy != NULL;

  return profile->is_set_up && profile->insecure == request->insecure &&
         profile->tcp_keepalive == request->tcp_keepalive &&
         profile->raw_body == request->raw_body &&
         profile->buffer_size == buffer_size(request) &&
         profile->connect_timeout == request->connect_timeout &&
         profile->proxy_known == proxy_known &&
         glc_bytes_equal(glc_buffer_bytes(&profile->ca_bundle),
                         request->ca_bundle) &&
         (!proxy_known || glc_bytes_equal(glc_buffer_bytes(&profile->proxy),
                                          *request->proxy));
}

static void set_connection(struct setup *setup,
                           const struct glc_http_request *request) {
  setup_pointer(setup, CURLOPT_PROTOCOLS_STR, "http,https");
  setup_long(setup, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
  setup_long(setup, CURLOPT_PATH_AS_IS, 1);
  setup_long(setup, CURLOPT_NOSIGNAL, 1);
  setup_long(setup, CURLOPT_FOLLOWLOCATION, 0);
  if (request->piece_bytes > 0) {
    setup_long(setup, CURLOPT_BUFFERSIZE, (long)buffer_size(request));
  }
  setup_long(setup, CURLOPT_TCP_KEEPALIVE, request->tcp_keepalive);
  /* Removing a handle must not wait for the resolver's thread. */
  setup_long(setup, CURLOPT_QUICK_EXIT, 1);
  /* libcurl reads 0 as its own 300 s. */
  setup_long(setup, CURLOPT_CONNECTTIMEOUT_MS,
             request->connect_timeout > 0 &&
                     request->connect_timeout < INT32_MAX
                 ? (long)request->connect_timeout
                 : (long)INT32_MAX);
}

/*
 * libcurl would leave a proxy out where no_proxy of the environment has the
 * server's name, unless it is told another no_proxy.
 */
static void set_proxy(struct setup *setup,
                      const struct glc_http_request *request) {
  if (request->proxy != NULL) {
    setup_pointer(setup, CURLOPT_NOPROXY, "");
    setup_text(setup, CURLOPT_PROXY, *request->proxy, "the proxy");
  }
}

/*
 * libcurl decodes where it has been told what to ask for; what is asked for
 * is the caller's all the same, by its own header or by none.
 */
static void set_decoding(struct setup *setup, int features,
                         const struct glc_http_request *request) {
  if (!request->raw_body && (features & CURL_VERSION_LIBZ) != 0) {
    setup_pointer(setup, CURLOPT_ACCEPT_ENCODING, "gzip, deflate");
  }
}

bool profile_has_tls_proxy(const struct glc_http_request *request) {
  return request->proxy == NULL ||
         begins_ignoring_case(*request->proxy, "https:");
}

static void set_bundle(struct setup *setup,
                       const struct glc_http_request *request) {
  struct glc_buffer copy;

  if (setup_copy(setup, &copy, request->ca_bundle, "the CA bundle")) {
    const char *text = glc_buffer_bytes(&copy).data;

    setup_pointer(setup, CURLOPT_CAINFO, text);
    if (profile_has_tls_proxy(request)) {
      setup_pointer_if_known(setup, CURLOPT_PROXY_CAINFO, text);
    }
  }
  glc_buffer_free(&copy);
}

/*
 * What set_tls says of the server, but for the bundle, of a proxy. A libcurl
 * that cannot do TLS to a proxy says so when it is to.
 */
static void set_proxy_tls(struct setup *setup, bool wanted, bool has_bundle) {
  setup_long_if_known(setup, CURLOPT_PROXY_SSL_VERIFYPEER, wanted);
  setup_long_if_known(setup, CURLOPT_PROXY_SSL_VERIFYHOST, wanted ? 2 : 0);
  setup_long_if_known(setup, CURLOPT_PROXY_SSLVERSION,
                      CURL_SSLVERSION_TLSv1_2);
  if (has_bundle) {
    setup_pointer_if_known(setup, CURLOPT_PROXY_CAPATH, NULL);
  }
}

/* A session of TLS that is resumed shows no certificate at all: none is. */
static void set_tls(struct setup *setup, const struct libcurl *libcurl,
                    const struct glc_http_request *request) {
  const bool has_bundle =
      request->ca_bundle.length > 0 || libcurl->ca_info != NULL;
  const bool wanted = !request->insecure;

  setup_long(setup, CURLOPT_SSL_VERIFYPEER, wanted);
  setup_long(setup, CURLOPT_SSL_VERIFYHOST, wanted ? 2 : 0);
  setup_long(setup, CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2);
  setup_long(setup, CURLOPT_SSL_SESSIONID_CACHE, 0);
  if (request->ca_bundle.length > 0) {
    set_bundle(setup, request);
  }
  /*
   * With a folder set, libcurl parses the bundle anew for each connection
   * (37 ms) in place of once.
   */
  if (has_bundle) {
    setup_pointer(setup, CURLOPT_CAPATH, NULL);
  }
  if (profile_has_tls_proxy(request)) {
    set_proxy_tls(setup, wanted, has_bundle);
  }
}

static bool copy(struct glc_buffer *to, struct glc_bytes from) {
  glc_buffer_init_secret(to, from.length);
  glc_buffer_append(to, from);
  return glc_buffer_check(to, "", NULL) == GLC_OK;
}

/* What could not be noted is set up anew for each request. */
static void note(struct profile *profile,
                 const struct glc_http_request *request) {
  const struct glc_bytes nothing = {"", 0};

  profile->insecure = request->insecure;
  profile->tcp_keepalive = request->tcp_keepalive;
  profile->raw_body = request->raw_body;
  profile->buffer_size = buffer_size(request);
  profile->proxy_known = request->proxy != NULL;
  profile->connect_timeout = request->connect_timeout;
  profile->is_set_up = copy(&profile->ca_bundle, request->ca_bundle);
  profile->is_set_up =
      copy(&profile->proxy,
           request->proxy != NULL ? *request->proxy : nothing) &&
      profile->is_set_up;
}

void profile_set_up(struct profile *profile, struct setup *setup,
                    const struct libcurl *libcurl,
                    const struct glc_http_request *request) {
  profile_forget(profile);
  set_connection(setup, request);
  set_proxy(setup, request);
  set_decoding(setup, libcurl->features, request);
  set_tls(setup, libcurl, request);
  note(profile, request);
}

void profile_forget(struct profile *profile) {
  profile->is_set_up = false;
  glc_buffer_free(&profile->ca_bundle);
  glc_buffer_free(&profile->proxy);
}
