#include "setup.h"

#include <string.h>

enum { MAX_TEXT = 64 * 1024 };

struct setup setup_begin(CURL *easy) {
  struct setup setup = {easy, CURLE_OK, {GLC_OK, ""}};

  return setup;
}

void setup_long(struct setup *setup, CURLoption option, long value) {
  if (setup->result == CURLE_OK) {
    setup->result = curl_easy_setopt(setup->easy, option, value);
  }
}

void setup_size(struct setup *setup, CURLoption option, size_t value) {
  if (setup->result == CURLE_OK) {
    setup->result = curl_easy_setopt(setup->easy, option, (curl_off_t)value);
  }
}

void setup_pointer(struct setup *setup, CURLoption option, const void *value) {
  if (setup->result == CURLE_OK) {
    setup->result = curl_easy_setopt(setup->easy, option, value);
  }
}

static void forgive_unknown(struct setup *setup) {
  if (setup->result == CURLE_UNKNOWN_OPTION ||
      setup->result == CURLE_NOT_BUILT_IN) {
    setup->result = CURLE_OK;
  }
}

void setup_long_if_known(struct setup *setup, CURLoption option, long value) {
  if (setup->result == CURLE_OK) {
    setup_long(setup, option, value);
    forgive_unknown(setup);
  }
}

void setup_pointer_if_known(struct setup *setup, CURLoption option,
                            const void *value) {
  if (setup->result == CURLE_OK) {
    setup_pointer(setup, option, value);
    forgive_unknown(setup);
  }
}

bool setup_copy(struct setup *setup, struct glc_buffer *copy,
                struct glc_bytes text, const char *what) {
  struct glc_error *refusal = &setup->refusal;

  glc_buffer_init_secret(copy, MAX_TEXT);
  glc_buffer_append(copy, text);
  if (refusal->code == GLC_OK &&
      glc_buffer_check(copy, what, refusal) == GLC_OK &&
      strlen(glc_buffer_bytes(copy).data) != text.length) {
    glc_error_set(refusal, GLC_INVALID, "%s holds a NUL byte", what);
  }
  return refusal->code == GLC_OK;
}

void setup_text(struct setup *setup, CURLoption option, struct glc_bytes text,
                const char *what) {
  struct glc_buffer copy;

  if (setup_copy(setup, &copy, text, what)) {
    setup_pointer(setup, option, glc_buffer_bytes(&copy).data);
  }
  glc_buffer_free(&copy);
}

enum glc_code setup_end(struct setup *setup, struct glc_error *error) {
  struct glc_error *refusal = &setup->refusal;

  if (refusal->code == GLC_OK && setup->result != CURLE_OK) {
    glc_error_set(refusal,
                  setup->result == CURLE_OUT_OF_MEMORY ? GLC_NO_MEMORY
                                                       : GLC_INVALID,
                  "libcurl refused the request: %s",
                  curl_easy_strerror(setup->result));
  }
  (void)glc_error_of_request(refusal, refusal->code);
  if (refusal->code != GLC_OK) {
    glc_error_set(error, refusal->code, "%s", refusal->message);
  }
  return refusal->code;
}
