/*
 * A bare libcurl easy loop: one connection that is kept alive, and a recorded
 * request sent over and over. Prints nanoseconds a turn.
 *
 *   floor_easy REQUEST-FILE BASE-URL COUNT [CA-FILE]
 */
#define _POSIX_C_SOURCE 200809L

#include <stdlib.h>

#include "clock.h"
#include "request_file.h"

static CURLcode turns(CURL *easy, long count) {
  CURLcode result = CURLE_OK;

  while (result == CURLE_OK && count-- > 0) {
    result = curl_easy_perform(easy);
  }
  return result;
}

int main(int argc, char **argv) {
  static struct recorded_request request;
  const long count = argc > 3 ? atol(argv[3]) : 0;
  CURL *easy = curl_easy_init();
  CURLcode result = CURLE_FAILED_INIT;
  double start;

  if (count <= 0 || easy == NULL ||
      !request_read(&request, argv[1], argv[2])) {
    return 2;
  }
  request_set(&request, easy, argc > 4 ? argv[4] : NULL);
  result = turns(easy, count / 10 + 1);
  start = bench_now();
  if (result == CURLE_OK) {
    result = turns(easy, count);
  }
  if (result == CURLE_OK) {
    printf("%.1f\n", (bench_now() - start) / (double)count);
  } else {
    fprintf(stderr, "%s\n", curl_easy_strerror(result));
  }
  curl_slist_free_all(request.headers);
  curl_easy_cleanup(easy);
  return result == CURLE_OK ? 0 : 1;
}
