#include "canonical.h"

#include <string.h>

enum { MAX_TEXT = 64 * 1024 * 1024 };

void canonical_init(struct canonical *canonical) {
  /* All three may hold the session token. */
  glc_buffer_init_secret(&canonical->request, MAX_TEXT);
  glc_buffer_init_secret(&canonical->signed_headers, MAX_TEXT);
  glc_buffer_init_secret(&canonical->scratch, MAX_TEXT);
}

void canonical_free(struct canonical *canonical) {
  glc_buffer_free(&canonical->request);
  glc_buffer_free(&canonical->signed_headers);
  glc_buffer_free(&canonical->scratch);
}

/* Order by code point, a prefix first. */
static int compare(struct glc_bytes a, struct glc_bytes b) {
  size_t shorter = a.length < b.length ? a.length : b.length;
  int order = shorter > 0 ? memcmp(a.data, b.data, shorter) : 0;

  if (order == 0 && a.length != b.length) {
    order = a.length < b.length ? -1 : 1;
  }
  return order;
}

/* Insertion keeps equal fields in the order they came; there are few. */
static enum glc_code insert_field(struct canonical *canonical,
                                  struct field field, bool by_value,
                                  struct glc_error *error) {
  struct field *fields = canonical->fields;
  size_t i = canonical->field_count;

  if (i == GLC_SIGV4_MAX_FIELDS) {
    return glc_error_set(error, GLC_TOO_LARGE,
                         "more than %d headers or query parameters to sign",
                         (int)GLC_SIGV4_MAX_FIELDS);
  }
  for (; i > 0; i--) {
    int order = compare(field.name, fields[i - 1].name);

    if (order == 0 && by_value) {
      order = compare(field.value, fields[i - 1].value);
    }
    if (order >= 0) {
      break;
    }
    fields[i] = fields[i - 1];
  }
  fields[i] = field;
  canonical->field_count++;
  return GLC_OK;
}

/* What comes into the scratch has `room` bytes at the most. */
static enum glc_code begin_fields(struct canonical *canonical, size_t room,
                                  struct glc_error *error) {
  struct glc_buffer *scratch = &canonical->scratch;

  glc_buffer_rewind(scratch);
  canonical->field_count = 0;
  (void)glc_buffer_make_room(scratch, room);
  return glc_buffer_check(scratch, "the request to sign", error);
}

/* What has been appended since the buffer was `start` long. */
static struct glc_bytes bytes_since(const struct glc_buffer *buffer,
                                    size_t start) {
  const struct glc_bytes bytes = {buffer->data + start,
                                  buffer->length - start};

  return bytes;
}

/*
 * Copies the path without "." and empty segments, each ".." taking away the
 * segment before it (RFC 3986 5.2.4, but a last "." or ".." leaves no "/", as
 * the AWS SDKs have it).
 */
static void normalise_path(struct glc_buffer *out, struct glc_bytes path) {
  const char *at = path.data;
  const char *end = path.data + path.length;

  while (at < end) {
    const char *slash = memchr(at, '/', (size_t)(end - at));
    const char *stop = slash != NULL ? slash : end;
    struct glc_bytes segment = {at, (size_t)(stop - at)};

    if (glc_bytes_equal(segment, glc_bytes_of(".."))) {
      size_t length = out->length;

      while (length > 0 && out->data[--length] != '/') {
      }
      glc_buffer_truncate(out, length);
    } else if (segment.length > 0 &&
               !glc_bytes_equal(segment, glc_bytes_of("."))) {
      glc_buffer_append_byte(out, '/');
      glc_buffer_append(out, segment);
    }
    at = stop + 1;
  }
  if (out->length == 0 || end[-1] == '/') {
    glc_buffer_append_byte(out, '/');
  }
}

static enum glc_code write_path(struct canonical *canonical,
                                const struct glc_sigv4_request *request,
                                struct glc_error *error) {
  struct glc_buffer *scratch = &canonical->scratch;

  glc_buffer_rewind(scratch);
  if (request->path.length == 0) {
    glc_buffer_append_byte(scratch, '/');
  } else if (request->keep_segments) {
    glc_buffer_append(scratch, request->path);
  } else {
    normalise_path(scratch, request->path);
  }
  glc_buffer_append_encoded(&canonical->request, glc_buffer_bytes(scratch),
                            '/');
  return glc_buffer_check(scratch, "the path to sign", error);
}

static int hex_value(char digit) {
  if (digit >= '0' && digit <= '9') {
    return digit - '0';
  }
  if (digit >= 'a' && digit <= 'f') {
    return digit - 'a' + 10;
  }
  if (digit >= 'A' && digit <= 'F') {
    return digit - 'A' + 10;
  }
  return -1;
}

/* Whether a byte is encoded here: %XX. */
static bool is_encoded(struct glc_bytes text, size_t i) {
  return text.data[i] == '%' && i + 2 < text.length &&
         hex_value(text.data[i + 1]) >= 0 && hex_value(text.data[i + 2]) >= 0;
}

/* How long a text is at the most when it is encoded anew. */
static size_t reencoded_length(struct glc_bytes text) {
  size_t length = text.length;
  size_t i;

  for (i = 0; i < text.length; i++) {
    length += is_encoded(text, i) || glc_byte_is_unreserved(text.data[i])
                  ? 0
                  : 2;
  }
  return length;
}

/* Decodes %XX and encodes anew, so that any spelling gives the same text. */
static void append_reencoded(struct glc_buffer *out, struct glc_bytes text) {
  size_t i;

  for (i = 0; i < text.length; i++) {
    char byte = text.data[i];
    const struct glc_bytes decoded = {&byte, 1};

    if (is_encoded(text, i)) {
      byte = (char)(hex_value(text.data[i + 1]) * 16 +
                    hex_value(text.data[i + 2]));
      i += 2;
    }
    glc_buffer_append_encoded(out, decoded, '\0');
  }
}

static enum glc_code add_parameter(struct canonical *canonical,
                                   struct glc_bytes parameter,
                                   struct glc_error *error) {
  struct glc_buffer *scratch = &canonical->scratch;
  const char *equals = memchr(parameter.data, '=', parameter.length);
  struct glc_bytes name = parameter, value = {"", 0};
  const size_t start = scratch->length;
  struct field field;

  if (equals != NULL) {
    name.length = (size_t)(equals - parameter.data);
    value.data = equals + 1;
    value.length = parameter.length - name.length - 1;
  }
  append_reencoded(scratch, name);
  field.name = bytes_since(scratch, start);
  append_reencoded(scratch, value);
  field.value = bytes_since(scratch, start + field.name.length);
  return insert_field(canonical, field, true, error);
}

static enum glc_code write_query(struct canonical *canonical,
                                 struct glc_bytes query,
                                 struct glc_error *error) {
  enum glc_code code =
      begin_fields(canonical, reencoded_length(query), error);
  size_t i;

  while (code == GLC_OK && query.length > 0) {
    const char *ampersand = memchr(query.data, '&', query.length);
    size_t length =
        ampersand != NULL ? (size_t)(ampersand - query.data) : query.length;
    size_t step = ampersand != NULL ? length + 1 : length;
    struct glc_bytes parameter = {query.data, length};

    if (length > 0) {
      code = add_parameter(canonical, parameter, error);
    }
    query.data += step;
    query.length -= step;
  }
  for (i = 0; code == GLC_OK && i < canonical->field_count; i++) {
    if (i > 0) {
      glc_buffer_append_byte(&canonical->request, '&');
    }
    glc_buffer_append(&canonical->request, canonical->fields[i].name);
    glc_buffer_append_byte(&canonical->request, '=');
    glc_buffer_append(&canonical->request, canonical->fields[i].value);
  }
  return code;
}

static bool is_space(char byte) {
  return byte == ' ' || (byte >= '\t' && byte <= '\r');
}

/* Appends without space at the ends, runs of space as one blank. */
static void append_folded(struct glc_buffer *out, struct glc_bytes value) {
  const char *at = value.data;
  const char *const end = value.data + value.length;
  const size_t start = out->length;

  while (at < end) {
    struct glc_bytes word = {at, 0};

    while (at < end && !is_space(*at)) {
      at++;
    }
    word.length = (size_t)(at - word.data);
    if (word.length > 0 && out->length > start) {
      glc_buffer_append_byte(out, ' ');
    }
    glc_buffer_append(out, word);
    while (at < end && is_space(*at)) {
      at++;
    }
  }
}

/* There is room. */
static struct glc_bytes append_lower(struct glc_buffer *out,
                                     struct glc_bytes text) {
  const size_t start = out->length;
  size_t i;

  glc_buffer_append(out, text);
  for (i = start; i < out->length; i++) {
    out->data[i] = glc_byte_lower(out->data[i]);
  }
  return bytes_since(out, start);
}

static enum glc_code add_header(struct canonical *canonical,
                                struct glc_bytes name, struct glc_bytes value,
                                struct glc_error *error) {
  const struct field field = {append_lower(&canonical->scratch, name), value};

  return insert_field(canonical, field, false, error);
}

/* Names the signer gives a value itself; sent twice they would be joined. */
static bool is_signers_own(struct glc_bytes name) {
  return glc_bytes_equal(name, glc_bytes_of("x-amz-date")) ||
         glc_bytes_equal(name, glc_bytes_of("x-amz-security-token")) ||
         glc_bytes_equal(name, glc_bytes_of("authorization"));
}

static enum glc_code refuse_own(const struct canonical *canonical,
                                struct glc_error *error) {
  size_t own = 0;
  size_t i;

  for (i = 0; i < canonical->field_count; i++) {
    own += is_signers_own(canonical->fields[i].name);
  }
  return own == 0 ? GLC_OK
                  : glc_error_set(error, GLC_INVALID,
                                  "X-Amz-Date, X-Amz-Security-Token and "
                                  "Authorization are made by the signer");
}

static size_t names_length(const struct glc_sigv4_request *request) {
  size_t length = 0;
  size_t i;

  for (i = 0; i < request->header_count; i++) {
    length += request->headers[i].name.length;
  }
  return length;
}

static enum glc_code collect_headers(struct canonical *canonical,
                                     const struct glc_sigv4_request *request,
                                     struct glc_bytes date,
                                     struct glc_bytes token,
                                     struct glc_error *error) {
  const struct glc_bytes date_name = glc_bytes_of("x-amz-date");
  const struct glc_bytes token_name = glc_bytes_of("x-amz-security-token");
  enum glc_code code = begin_fields(
      canonical, names_length(request) + date_name.length + token_name.length,
      error);
  size_t i;

  for (i = 0; code == GLC_OK && i < request->header_count; i++) {
    code = add_header(canonical, request->headers[i].name,
                      request->headers[i].value, error);
  }
  if (code == GLC_OK) {
    code = refuse_own(canonical, error);
  }
  if (code == GLC_OK) {
    code = add_header(canonical, date_name, date, error);
  }
  if (code == GLC_OK && token.length > 0) {
    code = add_header(canonical, token_name, token, error);
  }
  return code;
}

/* Fields of one name become one line, their values joined by commas. */
static void write_headers(struct canonical *canonical) {
  struct glc_bytes before = {"", 0};
  size_t i;

  for (i = 0; i < canonical->field_count; i++) {
    const struct field *field = &canonical->fields[i];

    if (i > 0 && glc_bytes_equal(field->name, before)) {
      glc_buffer_append_byte(&canonical->request, ',');
    } else {
      if (i > 0) {
        glc_buffer_append_byte(&canonical->request, '\n');
        glc_buffer_append_byte(&canonical->signed_headers, ';');
      }
      glc_buffer_append(&canonical->signed_headers, field->name);
      glc_buffer_append(&canonical->request, field->name);
      glc_buffer_append_byte(&canonical->request, ':');
    }
    append_folded(&canonical->request, field->value);
    before = field->name;
  }
  glc_buffer_append_text(&canonical->request, "\n\n");
}

enum glc_code
canonical_write(struct canonical *canonical,
                const struct glc_sigv4_request *request, struct glc_bytes date,
                struct glc_bytes token,
                const unsigned char payload_hash[GLC_SHA256_SIZE],
                struct glc_error *error) {
  struct glc_buffer *out = &canonical->request;
  enum glc_code code;

  glc_buffer_rewind(out);
  glc_buffer_rewind(&canonical->signed_headers);
  glc_buffer_append(out, request->method);
  glc_buffer_append_byte(out, '\n');
  code = write_path(canonical, request, error);
  glc_buffer_append_byte(out, '\n');
  if (code == GLC_OK) {
    code = write_query(canonical, request->query, error);
  }
  glc_buffer_append_byte(out, '\n');
  if (code == GLC_OK) {
    code = collect_headers(canonical, request, date, token, error);
  }
  if (code == GLC_OK) {
    write_headers(canonical);
    code = glc_buffer_check(&canonical->signed_headers, "the signed headers",
                            error);
  }
  if (code == GLC_OK) {
    glc_buffer_append(out, glc_buffer_bytes(&canonical->signed_headers));
    glc_buffer_append_byte(out, '\n');
    glc_buffer_append_hex(out, payload_hash, GLC_SHA256_SIZE);
    code = glc_buffer_check(out, "the canonical request", error);
  }
  return code;
}
