#include "blank.h"

#include <stddef.h>

/* Of these libcurl's own default is not 0, as its documentation has it. */
static const struct {
  CURLoption option;
  long value;
} numbers[] = {
    {CURLOPT_TCP_NODELAY, 1},
    {CURLOPT_TCP_KEEPIDLE, 60},
    {CURLOPT_TCP_KEEPINTVL, 60},
    {CURLOPT_SSL_ENABLE_ALPN, 1},
    {CURLOPT_EXPECT_100_TIMEOUT_MS, 1000},
    {CURLOPT_HEADEROPT, CURLHEADER_SEPARATE},
    {CURLOPT_BUFFERSIZE, CURL_MAX_WRITE_SIZE},
    {CURLOPT_UPLOAD_BUFFERSIZE, 64L * 1024},
    {CURLOPT_HAPPY_EYEBALLS_TIMEOUT_MS, CURL_HET_DEFAULT},
    {CURLOPT_UPKEEP_INTERVAL_MS, CURL_UPKEEP_INTERVAL_DEFAULT},
    {CURLOPT_MAXAGE_CONN, 118},
};

/* A libcurl without TLS has no such option, and no such default. */
static CURLcode set_text(CURL *easy, CURLoption option, const char *text) {
  CURLcode result =
      text != NULL ? curl_easy_setopt(easy, option, text) : CURLE_OK;

  return result == CURLE_UNKNOWN_OPTION || result == CURLE_NOT_BUILT_IN
             ? CURLE_OK
             : result;
}

bool blank_make(CURL *easy) {
  const curl_version_info_data *libcurl = curl_version_info(CURLVERSION_NOW);
  CURLcode result;
  size_t i;

  curl_easy_reset(easy);
  result = set_text(easy, CURLOPT_CAINFO, libcurl->cainfo);
  if (result == CURLE_OK) {
    result = set_text(easy, CURLOPT_CAPATH, libcurl->capath);
  }
  if (result == CURLE_OK) {
    result = set_text(easy, CURLOPT_PROXY_CAINFO, libcurl->cainfo);
  }
  if (result == CURLE_OK) {
    result = set_text(easy, CURLOPT_PROXY_CAPATH, libcurl->capath);
  }
  for (i = 0; result == CURLE_OK && i < sizeof numbers / sizeof *numbers; i++) {
    result = curl_easy_setopt(easy, numbers[i].option, numbers[i].value);
  }
  return result == CURLE_OK;
}
