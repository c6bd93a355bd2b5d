/*
 * A request as it was recorded on its way, to be sent once more by libcurl
 * with the same bytes.
 */
#ifndef BENCH_REQUEST_FILE_H
#define BENCH_REQUEST_FILE_H

#include <curl/curl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

struct recorded_request {
  char text[16384];
  char url[1024];
  const char *body;
  struct curl_slist *headers;
};

/*
 * Reads the file, and takes its request line, headers and body apart.
 * Content-Length is libcurl's to say; what libcurl would add is put off.
 */
static bool request_read(struct recorded_request *request, const char *path,
                         const char *base) {
  FILE *file = fopen(path, "rb");
  size_t length = 0;
  char *line, *end;

  memset(request, 0, sizeof *request);
  if (file != NULL) {
    length = fread(request->text, 1, sizeof request->text - 1, file);
    (void)fclose(file);
  }
  line = strstr(request->text, "\r\n");
  end = strstr(request->text, "\r\n\r\n");
  if (length == 0 || line == NULL || end == NULL) {
    return false;
  }
  request->body = end + 4;
  *line = '\0';
  if (strncmp(request->text, "POST ", 5) != 0) {
    return false;
  }
  *strchr(request->text + 5, ' ') = '\0';
  (void)snprintf(request->url, sizeof request->url, "%s%s", base,
                 request->text + 5);
  end[0] = '\0';
  request->headers = curl_slist_append(NULL, "Expect:");
  request->headers = curl_slist_append(request->headers, "Accept:");
  for (line += 2; line < end; line = strchr(line, '\0') + 2) {
    char *stop = strstr(line, "\r\n");

    if (stop != NULL) {
      *stop = '\0';
    }
    if (strncasecmp(line, "Content-Length:", 15) != 0) {
      request->headers = curl_slist_append(request->headers, line);
    }
  }
  return true;
}

static size_t ignore_body(char *data, size_t size, size_t count,
                          void *context) {
  (void)data;
  (void)context;
  return size * count;
}

/* Sets a handle up to send it. `authority` may be NULL. */
static void request_set(const struct recorded_request *request, CURL *easy,
                        const char *authority) {
  curl_easy_setopt(easy, CURLOPT_URL, request->url);
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, request->headers);
  curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request->body);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, ignore_body);
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_PROXY, "");
  if (authority != NULL) {
    curl_easy_setopt(easy, CURLOPT_CAINFO, authority);
  }
}

#endif
