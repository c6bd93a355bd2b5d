/* The proxy of a transfer: what it is called, and which failures are its. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

#include "proxy.h"

/* A host name has 255 bytes at the most. */
enum { DELETE = 127, PROXY_NAME_SIZE = 320 };

/*
 * Whether an "@" stands behind the authority: a password with a "/", "?" or
 * "#" in it. Its beginning would be taken for a port, and shown as one.
 */
static bool is_torn(const char *url) {
  const char *scheme_end = strstr(url, "://");
  const char *authority = scheme_end != NULL ? scheme_end + 3 : url;

  return strchr(authority + strcspn(authority, "/?#"), '@') != NULL;
}

/*
 * Whether libcurl will take the part, which may be missing. Where it cannot
 * decode a user or a password (a control character), it goes without the
 * proxy and does not say so.
 */
static bool is_usable(CURLU *url, CURLUPart part, CURLUcode missing) {
  char *decoded = NULL;
  CURLUcode result = curl_url_get(url, part, &decoded, CURLU_URLDECODE);
  bool usable = result == missing;

  if (decoded != NULL) {
    usable = result == CURLUE_OK && strchr(decoded, DELETE) == NULL;
    OPENSSL_cleanse(decoded, strlen(decoded));
    curl_free(decoded);
  }
  return usable;
}

/* Without a port libcurl takes these. */
static const char *default_port(const char *scheme) {
  return strcmp(scheme, "https") == 0 ? "443" : "1080";
}

static bool is_known_scheme(const char *scheme) {
  static const char *const schemes[] = {"http",   "https",   "socks4",
                                        "socks4a", "socks5", "socks5h"};
  size_t i = 0;

  while (i < sizeof schemes / sizeof *schemes &&
         strcmp(scheme, schemes[i]) != 0) {
    i++;
  }
  return i < sizeof schemes / sizeof *schemes;
}

static CURLUcode set_name(struct glc_transfer *transfer, CURLU *url,
                          bool secure) {
  char *scheme = NULL, *host = NULL, *port = NULL;
  CURLUcode result = curl_url_get(url, CURLUPART_SCHEME, &scheme, 0);

  if (result == CURLUE_OK && !is_known_scheme(scheme)) {
    result = CURLUE_UNSUPPORTED_SCHEME;
  }
  if (result == CURLUE_OK) {
    result = curl_url_get(url, CURLUPART_HOST, &host, 0);
  }
  if (result == CURLUE_OK) {
    result = curl_url_get(url, CURLUPART_PORT, &port, 0);
    result = result == CURLUE_NO_PORT ? CURLUE_OK : result;
  }
  if (result == CURLUE_OK) {
    free(transfer->proxy);
    transfer->proxy = malloc(PROXY_NAME_SIZE);
    result = transfer->proxy != NULL ? CURLUE_OK : CURLUE_OUT_OF_MEMORY;
  }
  if (result == CURLUE_OK) {
    (void)snprintf(transfer->proxy, PROXY_NAME_SIZE, "%s://%s:%s",
                   scheme, host, port != NULL ? port : default_port(scheme));
    if (strncmp(scheme, "socks", 5) == 0) {
      transfer->route = ROUTE_SOCKS;
    } else {
      transfer->route = secure ? ROUTE_TUNNEL : ROUTE_PROXY;
    }
  }
  curl_free(scheme);
  curl_free(host);
  curl_free(port);
  return result;
}

enum glc_code proxy_read(struct glc_transfer *transfer,
                                  const char *text, bool secure,
                                  struct glc_error *error) {
  CURLU *url = curl_url();
  CURLUcode result = CURLUE_OUT_OF_MEMORY;
  enum glc_code code = GLC_OK;

  if (url != NULL) {
    result = curl_url_set(url, CURLUPART_URL, text,
                          CURLU_NON_SUPPORT_SCHEME | CURLU_GUESS_SCHEME);
  }
  if (result == CURLUE_OK) {
    result = set_name(transfer, url, secure);
  }
  /* Its text is never quoted: a password may stand anywhere in it. */
  if (result == CURLUE_OUT_OF_MEMORY) {
    code = glc_error_set(error, GLC_NO_MEMORY, "no memory for a proxy");
  } else if (result != CURLUE_OK || is_torn(text)) {
    code = glc_error_set(error, GLC_INVALID, "the proxy is no URL");
  } else if (!is_usable(url, CURLUPART_USER, CURLUE_NO_USER) ||
             !is_usable(url, CURLUPART_PASSWORD, CURLUE_NO_PASSWORD)) {
    code = glc_error_set(error, GLC_INVALID,
                         "the proxy's user or password cannot be decoded, "
                         "or holds a control character");
  }
  curl_url_cleanup(url);
  return code;
}

static long connect_status(const struct glc_transfer *transfer) {
  long status = 0;

  curl_easy_getinfo(transfer->easy, CURLINFO_HTTP_CONNECTCODE, &status);
  return status;
}

static bool is_good(long status) {
  return status >= 200 && status <= 299;
}

static bool is_refused(const struct glc_transfer *transfer) {
  const long status = connect_status(transfer);

  return status != 0 && !is_good(status);
}

/*
 * The status is known before the answer to CONNECT is whole; only then the
 * tunnel stands. Behind it the certificate is the server's.
 */
void proxy_note_tunnel(struct glc_transfer *transfer,
                          struct glc_bytes line) {
  if (line.length > 0 && (line.data[0] == '\r' || line.data[0] == '\n') &&
      is_good(connect_status(transfer))) {
    transfer->tunnelled = true;
    transfer->tunnel_bytes =
        socket_received(transfer->fd) - socket_unread(transfer->fd);
  }
}

/* Whether the transfer has come no further than the proxy. */
static bool is_at_proxy(const struct glc_transfer *transfer) {
  return !transfer->asked &&
         (transfer->route == ROUTE_PROXY ||
          (transfer->route == ROUTE_TUNNEL && !transfer->tunnelled));
}

static bool is_of_connection(enum glc_code code) {
  return code == GLC_CLOSED || code == GLC_CONNECT || code == GLC_PROTOCOL ||
         code == GLC_TOO_LARGE;
}

enum glc_code proxy_blame(struct glc_transfer *transfer,
                             enum glc_code code) {
  const bool proxied = transfer->route != ROUTE_DIRECT;
  const bool at_proxy = is_at_proxy(transfer);

  if (is_refused(transfer) || (proxied && code == GLC_CONNECT) ||
      (at_proxy && is_of_connection(code))) {
    code = GLC_PROXY;
  }
  transfer->at_proxy =
      proxied && (code == GLC_PROXY ||
                  (at_proxy && (code == GLC_TLS || code == GLC_DEADLINE ||
                                code == GLC_CONNECT_TIMEOUT)));
  return code;
}

struct glc_bytes glc_transfer_proxy(const struct glc_transfer *transfer) {
  return glc_bytes_of(transfer->at_proxy && transfer->proxy != NULL
                          ? transfer->proxy
                          : "");
}
