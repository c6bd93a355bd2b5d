/*
 * OpenSSL's queue of errors is the host's: whatever is called, and however it
 * ends, the queue is what it was before.
 */
#define _POSIX_C_SOURCE 200809L

#include <openssl/err.h>
#include <openssl/evp.h>
#include <signal.h>
#include <sys/wait.h>

#include "digest.h"
#include "exchange.h"
#include "faults.h"
#include "signing.h"

static struct server server;
static char folder[] = "/tmp/error_queue.XXXXXX";

/* As a host would leave them: one with a text, one of the system. */
static void put_errors(void) {
  ERR_clear_error();
  ERR_new();
  ERR_set_debug("host.c", 42, "serve");
  ERR_set_error(ERR_LIB_USER, 7, "of the host: %d", 1);
  ERR_new();
  ERR_set_debug("host.c", 43, "serve");
  ERR_set_error(ERR_LIB_SYS, 2, NULL);
}

static void check_errors(const char *what) {
  const char *file = "", *function = "", *data = "";
  int line = 0, flags = 0;
  unsigned long code =
      ERR_get_error_all(&file, &line, &function, &data, &flags);
  bool same = ERR_GET_LIB(code) == ERR_LIB_USER && ERR_GET_REASON(code) == 7 &&
              line == 42 && strcmp(file, "host.c") == 0 &&
              strcmp(function, "serve") == 0 && (flags & ERR_TXT_STRING) &&
              strcmp(data, "of the host: 1") == 0;

  code = ERR_get_error_all(&file, &line, &function, &data, &flags);
  same = same && ERR_SYSTEM_ERROR(code) && ERR_GET_REASON(code) == 2 &&
         line == 43;
  if (!CHECK(same && ERR_peek_error() == 0)) {
    printf("  after %s\n", what);
  }
}

static void check_none(const char *what) {
  if (!CHECK(ERR_peek_error() == 0)) {
    printf("  after %s\n", what);
  }
  ERR_clear_error();
}

/* What is done with and without errors of the host in the queue. */
static void check_both(const char *what, void (*act)(void)) {
  put_errors();
  act();
  check_errors(what);
  act();
  check_none(what);
}

static void digest(void) {
  struct glc_digest *made = glc_digest_open(NULL);
  struct glc_tree_hash *tree = glc_tree_hash_open(NULL);
  unsigned char hash[GLC_SHA256_SIZE];
  char uuid[GLC_UUID_SIZE];

  if (made != NULL && tree != NULL) {
    (void)glc_digest_sha256(made, glc_bytes_of("x"), hash, NULL);
    (void)glc_digest_key(made, glc_bytes_of("x"), NULL);
    (void)glc_digest_hmac(made, glc_bytes_of("x"), hash, NULL);
    (void)glc_digest_uuid(made, uuid, NULL);
    (void)glc_tree_hash_update(tree, glc_bytes_of("x"), NULL);
    (void)glc_tree_hash_finish(tree, hash, NULL);
  }
  (void)glc_digest_sha1(glc_bytes_of("x"), hash, NULL);
  glc_digest_close(made);
  glc_tree_hash_close(tree);
}

static void sign(void) {
  struct glc_signer *signer = glc_signer_open(NULL);
  struct glc_header headers[3];
  struct glc_sigv4_request request = signing_request(headers, "/", "", "");
  struct glc_sigv4_scope scope = signing_scope("us-west-2", "glacier");
  struct glc_credentials *credentials = signing_credentials("secret", "");

  if (signer != NULL) {
    (void)glc_sigv4_sign(signer, &request, &scope, credentials, signing_time,
                         NULL);
  }
  glc_signer_close(signer);
  glc_credentials_free(credentials);
}

/* A machine on which OpenSSL has no SHA-256 for us. */
static void test_digests(void) {
  struct glc_error error = {GLC_OK, ""};

  check_both("digests", digest);
  check_both("signing", sign);
  CHECK(EVP_set_default_properties(NULL, "provider=nowhere") == 1);
  ERR_clear_error();
  check_both("digests that fail", digest);
  check_both("signing that fails", sign);
  CHECK(glc_digest_open(&error) == NULL);
  CHECK_NUMBER(error.code, GLC_CRYPTO);
  CHECK(strstr(error.message, "unsupported") != NULL);
  CHECK(EVP_set_default_properties(NULL, "") == 1);
  ERR_clear_error();
}

/* How a request is sent, and how it ends. */
struct way {
  const char *name;
  const char *ca_bundle;
  bool insecure;
  bool cancel;
  enum glc_code code;
};

static const struct way *way;
static int port;

static void exchange_once(void) {
  struct glc_http *http = glc_http_open(NULL);
  struct glc_transfer *transfer;
  struct exchange exchange;
  int i;

  exchange_init(&exchange, port, "GET", "/");
  (void)snprintf(exchange.url, sizeof exchange.url, "https://127.0.0.1:%d/",
                 port);
  exchange.request.url = glc_bytes_of(exchange.url);
  exchange.request.ca_bundle = glc_bytes_of(way->ca_bundle);
  exchange.request.insecure = way->insecure;
  for (i = 0; i < 2; i++) {
    transfer = glc_http_start(http, &exchange.request, NULL);
    if (way->cancel) {
      (void)glc_http_wait(http, 20, NULL);
      (void)glc_http_wait(http, 20, NULL);
      glc_transfer_cancel(transfer);
    }
    CHECK(exchange_wait(http));
    if (!CHECK_NUMBER(glc_transfer_result(transfer, NULL), way->code)) {
      printf("  of %s\n", way->name);
    }
    glc_transfer_free(transfer);
  }
  glc_http_close(http);
}

static void check_way(struct way given) {
  way = &given;
  check_both(given.name, exchange_once);
}

/* Serves: no TLS, whatever is said. */
static void serve_no_tls(struct server_connection *connection) {
  (void)server_answer(connection);
  server_linger(connection);
}

/* Serves: the end, after the first byte. */
static void serve_end(struct server_connection *connection) {
  char byte;

  (void)recv(connection->fd, &byte, 1, 0);
}

static void test_no_tls(void) {
  server_start(&server, serve_no_tls, ANSWER);
  port = server.port;
  check_way((struct way){"no TLS", "", true, false, GLC_TLS});
  check_way(
      (struct way){"a bundle that is not there", "/no.pem", false, false,
                   GLC_TLS});
  check_way((struct way){"a bundle that is none", "/etc/passwd", false, false,
                         GLC_TLS});
  server_stop(&server);
  server_start(&server, serve_end, "");
  port = server.port;
  check_way((struct way){"a cut", "", true, false, GLC_CLOSED});
  server_stop(&server);
  server_start(&server, server_linger, "");
  port = server.port;
  check_way((struct way){"a cancel", "", true, true, GLC_CANCELLED});
  server_stop(&server);
  check_way((struct way){"a refusal to connect", "", true, false,
                         GLC_CONNECT});
}

/* The openssl program as a server, with a certificate of its own. */
static pid_t start_tls(char *certificate, char *key) {
  char text[16];
  pid_t child;
  int fd = server_bind(&port);

  close(fd);
  (void)snprintf(text, sizeof text, "127.0.0.1:%d", port);
  child = fork();
  if (child == 0) {
    (void)(freopen("/dev/null", "r+", stdout) &&
           freopen("/dev/null", "r+", stderr) &&
           freopen("/dev/null", "r", stdin));
    (void)execlp("openssl", "openssl", "s_server", "-accept", text, "-cert",
                 certificate, "-key", key, "-www", (char *)NULL);
    _exit(127);
  }
  return child;
}

static bool is_listening(void) {
  struct sockaddr_in address;
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  bool there;

  memset(&address, 0, sizeof address);
  address.sin_family = AF_INET;
  address.sin_port = htons((uint16_t)port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  there = connect(fd, (struct sockaddr *)&address, sizeof address) == 0;
  close(fd);
  return there;
}

static void test_tls(void) {
  char certificate[64], key[64], command[400];
  pid_t child;
  int i;

  (void)snprintf(certificate, sizeof certificate, "%s/c.pem", folder);
  (void)snprintf(key, sizeof key, "%s/k.pem", folder);
  (void)snprintf(command, sizeof command,
                 "openssl req -x509 -newkey rsa:2048 -nodes -days 1 -keyout "
                 "%s -out %s -subj /CN=x -addext subjectAltName=IP:127.0.0.1 "
                 "2>/dev/null",
                 key, certificate);
  CHECK(system(command) == 0);
  child = start_tls(certificate, key);
  for (i = 0; i < 500 && !is_listening(); i++) {
    glc_clock_sleep(20);
  }
  check_way((struct way){"an answer", certificate, false, false, GLC_OK});
  check_way((struct way){"no verification", "", true, false, GLC_OK});
  check_way((struct way){"an unknown authority", "", false, false, GLC_TLS});
  CHECK(kill(child, SIGTERM) == 0);
  CHECK(waitpid(child, &i, 0) == child);
  (void)unlink(certificate);
  (void)unlink(key);
}

int main(void) {
  CHECK(mkdtemp(folder) != NULL);
  test_digests();
  test_no_tls();
  test_tls();
  (void)rmdir(folder);
  return check_report("error_queue");
}
