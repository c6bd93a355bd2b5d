/*
 * The canonical request against a model: written from the AWS IAM user guide's
 * "Create a signed AWS API request" step by step, with a copy of each piece
 * and a look at all pieces for each that is written.
 *
 * The input: flags, then method, path, query, token and headers ("name:value"),
 * each ended by a byte 1.
 */
#include "fuzz.h"

#include "canonical.h"

enum { MOST_PIECES = 400, DIGIT_BITS = 4 };

static const char DATE[] = "20120525T002453Z";

struct pair {
  struct text name, value;
  bool is_written;
};

struct pairs {
  struct pair list[MOST_PIECES];
  size_t count;
};

static void add_encoded(struct text *out, unsigned char byte) {
  static const char unreserved[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklm"
                                   "nopqrstuvwxyz0123456789-._~";
  static const char digits[] = "0123456789ABCDEF";

  if (byte != '\0' && strchr(unreserved, byte) != NULL) {
    text_add_byte(out, (char)byte);
  } else {
    text_add_byte(out, '%');
    text_add_byte(out, digits[byte >> DIGIT_BITS]);
    text_add_byte(out, digits[byte & 15]);
  }
}

/* The segments that stay, by going through all that come behind. */
static void model_path(struct text *out, struct glc_bytes path, bool keep) {
  struct glc_bytes segments[MOST_PIECES * 16], rest = path;
  const bool is_folder =
      path.length == 0 || path.data[path.length - 1] == '/';
  size_t count = 0, i, j;

  if (keep && path.length > 0) {
    for (i = 0; i < path.length; i++) {
      if (path.data[i] == '/') {
        text_add_byte(out, '/');
      } else {
        add_encoded(out, (unsigned char)path.data[i]);
      }
    }
    return;
  }
  while (rest.length > 0) {
    const struct glc_bytes segment = fuzz_cut(&rest, '/');

    if (glc_bytes_equal(segment, glc_bytes_of(".."))) {
      count -= count > 0;
    } else if (segment.length > 0 &&
               !glc_bytes_equal(segment, glc_bytes_of("."))) {
      REQUIRE(count < MOST_PIECES * 16);
      segments[count++] = segment;
    }
  }
  for (i = 0; i < count; i++) {
    text_add_byte(out, '/');
    for (j = 0; j < segments[i].length; j++) {
      add_encoded(out, (unsigned char)segments[i].data[j]);
    }
  }
  if (count == 0 || is_folder) {
    text_add_byte(out, '/');
  }
}

static int digit_of(char byte) {
  static const char digits[] = "0123456789abcdef0123456789ABCDEF";
  const char *at = byte != '\0' ? strchr(digits, byte) : NULL;

  return at != NULL ? (int)(at - digits) % 16 : -1;
}

static void add_any_spelling(struct text *out, struct glc_bytes text) {
  size_t i = 0;

  while (i < text.length) {
    int high = -1, low = -1;

    if (text.data[i] == '%' && text.length - i > 2) {
      high = digit_of(text.data[i + 1]);
      low = digit_of(text.data[i + 2]);
    }
    if (high >= 0 && low >= 0) {
      add_encoded(out, (unsigned char)(high * 16 + low));
      i += 3;
    } else {
      add_encoded(out, (unsigned char)text.data[i]);
      i++;
    }
  }
}

static bool is_before(const struct pair *a, const struct pair *b,
                      bool by_value) {
  const int order = text_compare(&a->name, &b->name);

  return order < 0 ||
         (order == 0 && by_value && text_compare(&a->value, &b->value) < 0);
}

/* The first in order that was not written; of equal ones that came first. */
static struct pair *next_pair(struct pairs *pairs, bool by_value) {
  struct pair *next = NULL;
  size_t i;

  for (i = 0; i < pairs->count; i++) {
    struct pair *one = &pairs->list[i];

    if (!one->is_written && (next == NULL || is_before(one, next, by_value))) {
      next = one;
    }
  }
  if (next != NULL) {
    next->is_written = true;
  }
  return next;
}

static struct pair *new_pair(struct pairs *pairs) {
  struct pair *pair = &pairs->list[pairs->count];

  REQUIRE(pairs->count < MOST_PIECES);
  memset(pair, 0, sizeof *pair);
  text_add(&pair->name, "", 0);
  text_add(&pair->value, "", 0);
  pairs->count++;
  return pair;
}

static void drop_pairs(struct pairs *pairs) {
  while (pairs->count > 0) {
    pairs->count--;
    text_drop(&pairs->list[pairs->count].name);
    text_drop(&pairs->list[pairs->count].value);
  }
}

static size_t model_query(struct text *out, struct glc_bytes query) {
  static struct pairs pairs;
  struct pair *pair;
  size_t count = 0;

  while (query.length > 0) {
    struct glc_bytes value = fuzz_cut(&query, '&');

    if (value.length > 0 && count++ < MOST_PIECES - 1) {
      const struct glc_bytes name = fuzz_cut(&value, '=');

      pair = new_pair(&pairs);
      add_any_spelling(&pair->name, name);
      add_any_spelling(&pair->value, value);
    }
  }
  for (pair = next_pair(&pairs, true); pair != NULL;) {
    text_add(out, pair->name.data, pair->name.length);
    text_add_byte(out, '=');
    text_add(out, pair->value.data, pair->value.length);
    pair = next_pair(&pairs, true);
    if (pair != NULL) {
      text_add_byte(out, '&');
    }
  }
  drop_pairs(&pairs);
  return count;
}

static void add_header(struct pairs *pairs, struct glc_bytes name,
                       struct glc_bytes value) {
  struct pair *pair = new_pair(pairs);
  size_t i;

  for (i = 0; i < name.length; i++) {
    static const char upper[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    static const char lower[] = "abcdefghijklmnopqrstuvwxyz";
    const char byte = name.data[i];
    const char *at = byte != '\0' ? strchr(upper, byte) : NULL;

    text_add_byte(&pair->name, at != NULL ? lower[at - upper] : byte);
  }
  for (i = 0; i < value.length; i++) {
    const char byte = value.data[i];
    const bool is_space = byte != '\0' && strchr(" \t\n\v\f\r", byte) != NULL;

    if (!is_space) {
      text_add_byte(&pair->value, byte);
    } else if (pair->value.length > 0 &&
               pair->value.data[pair->value.length - 1] != ' ') {
      text_add_byte(&pair->value, ' ');
    }
  }
  if (pair->value.length > 0 &&
      pair->value.data[pair->value.length - 1] == ' ') {
    pair->value.data[--pair->value.length] = '\0';
  }
}

static bool is_own(const struct text *name) {
  return strcmp(name->data, "x-amz-date") == 0 ||
         strcmp(name->data, "x-amz-security-token") == 0 ||
         strcmp(name->data, "authorization") == 0;
}

/* How many headers of the caller's only the signer may make. */
static size_t model_headers(struct text *out, struct text *names,
                            const struct glc_sigv4_request *request,
                            struct glc_bytes token) {
  static struct pairs pairs;
  struct text last = {NULL, 0};
  struct pair *pair;
  size_t own = 0, i;

  for (i = 0; i < request->header_count; i++) {
    add_header(&pairs, request->headers[i].name, request->headers[i].value);
    own += strlen(pairs.list[i].name.data) == pairs.list[i].name.length &&
           is_own(&pairs.list[i].name);
  }
  add_header(&pairs, glc_bytes_of("x-amz-date"), glc_bytes_of(DATE));
  if (token.length > 0) {
    add_header(&pairs, glc_bytes_of("x-amz-security-token"), token);
  }
  while ((pair = next_pair(&pairs, false)) != NULL) {
    if (last.data != NULL && text_compare(&last, &pair->name) == 0) {
      text_add_byte(out, ',');
    } else {
      if (last.data != NULL) {
        text_add_byte(out, '\n');
        text_add_byte(names, ';');
      }
      text_add(out, pair->name.data, pair->name.length);
      text_add_byte(out, ':');
      text_add(names, pair->name.data, pair->name.length);
    }
    text_add(out, pair->value.data, pair->value.length);
    last = pair->name;
  }
  text_add(out, "\n\n", 2);
  drop_pairs(&pairs);
  return own;
}

static void compare(const struct glc_sigv4_request *request,
                    struct glc_bytes token) {
  static const unsigned char hash[GLC_SHA256_SIZE];
  static struct canonical canonical;
  struct glc_error error = {GLC_OK, ""};
  struct text model = {NULL, 0}, names = {NULL, 0};
  const size_t headers = request->header_count + 1 + (token.length > 0);
  size_t parameters, own, i;
  enum glc_code code;

  canonical_init(&canonical);
  code = canonical_write(&canonical, request, glc_bytes_of(DATE), token, hash,
                         &error);
  text_add(&names, "", 0);
  text_add(&model, request->method.data, request->method.length);
  text_add_byte(&model, '\n');
  model_path(&model, request->path, request->keep_segments);
  text_add_byte(&model, '\n');
  parameters = model_query(&model, request->query);
  text_add_byte(&model, '\n');
  own = model_headers(&model, &names, request, token);
  text_add(&model, names.data, names.length);
  text_add_byte(&model, '\n');
  for (i = 0; i < 2 * GLC_SHA256_SIZE; i++) {
    text_add_byte(&model, '0');
  }
  if (parameters > GLC_SIGV4_MAX_FIELDS || headers > GLC_SIGV4_MAX_FIELDS) {
    REQUIRE(code != GLC_OK && error.code == code);
  } else if (own > 0) {
    REQUIRE(code == GLC_INVALID);
  } else {
    REQUIRE(code == GLC_OK);
    REQUIRE(canonical.request.length == model.length);
    REQUIRE(memcmp(canonical.request.data, model.data, model.length) == 0);
    REQUIRE(canonical.signed_headers.length == names.length);
    REQUIRE(memcmp(canonical.signed_headers.data, names.data,
                   names.length) == 0);
  }
  canonical_free(&canonical);
  text_drop(&model);
  text_drop(&names);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static struct glc_header headers[MOST_PIECES - 2];
  struct glc_bytes rest = {(const char *)data, size}, token;
  struct glc_sigv4_request request;

  memset(&request, 0, sizeof request);
  if (size < 1 || size > 4096) {
    return -1;
  }
  request.keep_segments = (data[0] & 1) != 0;
  rest.data++;
  rest.length--;
  request.method = fuzz_cut(&rest, '\1');
  request.path = fuzz_cut(&rest, '\1');
  request.query = fuzz_cut(&rest, '\1');
  token = fuzz_cut(&rest, '\1');
  request.headers = headers;
  while (rest.length > 0 && request.header_count < MOST_PIECES - 2) {
    struct glc_header *header = &headers[request.header_count++];

    header->value = fuzz_cut(&rest, '\1');
    header->name = fuzz_cut(&header->value, ':');
  }
  compare(&request, token);
  return 0;
}
