#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"
#include "digest.h"
#include "faults.h"

enum { MIB = 1024 * 1024 };

static struct glc_digest *digest;

static void check_hex(const unsigned char *data, size_t length,
                      const char *expected) {
  struct glc_buffer hex;

  glc_buffer_init(&hex, 100);
  glc_buffer_append_hex(&hex, data, length);
  CHECK_BYTES(glc_buffer_bytes(&hex), expected);
  glc_buffer_free(&hex);
}

/* FIPS 180-4, the examples of its appendices. */
static void test_sha(void) {
  static const struct {
    const char *text, *sha256, *sha1;
  } cases[] = {
      {"abc",
       "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
       "a9993e364706816aba3e25717850c26c9cd0d89d"},
      {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
       "da39a3ee5e6b4b0d3255bfef95601890afd80709"},
      {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
       "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
       "84983e441c3bd26ebaae4aa1f95129e5e54670f1"},
      {"abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmn"
       "hijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu",
       "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1",
       "a49b2446a02c645bf419f995b67091253a04a259"},
  };
  struct glc_bytes nothing = {NULL, 0};
  unsigned char hash[GLC_SHA256_SIZE];
  struct glc_bytes million = {malloc(1000000), 1000000};
  size_t i;

  for (i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct glc_bytes text = glc_bytes_of(cases[i].text);

    CHECK_NUMBER(glc_digest_sha256(digest, text, hash, NULL), GLC_OK);
    check_hex(hash, GLC_SHA256_SIZE, cases[i].sha256);
    CHECK_NUMBER(glc_digest_sha1(text, hash, NULL), GLC_OK);
    check_hex(hash, GLC_SHA1_SIZE, cases[i].sha1);
  }
  CHECK_NUMBER(glc_digest_sha256(digest, nothing, hash, NULL), GLC_OK);
  check_hex(hash, GLC_SHA256_SIZE, cases[1].sha256);
  if (CHECK(million.data != NULL)) {
    memset((char *)million.data, 'a', million.length);
    CHECK_NUMBER(glc_digest_sha256(digest, million, hash, NULL), GLC_OK);
    check_hex(
        hash, GLC_SHA256_SIZE,
        "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
  }
  free((char *)million.data);
}

/* A byte of a key or of data, `count` times; 0: the text itself. */
struct repeated {
  const char *text;
  size_t count;
};

static struct glc_bytes spell(struct repeated from, char space[200]) {
  struct glc_bytes bytes = glc_bytes_of(from.text);

  if (from.count > 0) {
    memset(space, from.text[0], from.count);
    bytes.data = space;
    bytes.length = from.count;
  }
  return bytes;
}

/* RFC 4231, sections 4.2 to 4.8 (4.6 is truncated), and an empty key. */
static void test_hmac(void) {
  static const struct {
    struct repeated key, data;
    const char *mac;
  } cases[] = {
      {{"\x0b", 20},
       {"Hi There", 0},
       "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
      {{"Jefe", 0},
       {"what do ya want for nothing?", 0},
       "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
      {{"\xaa", 20},
       {"\xdd", 50},
       "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"},
      {{"\1\2\3\4\5\6\7\10\11\12\13\14\15\16\17\20\21\22\23\24\25\26\27\30\31",
        0},
       {"\xcd", 50},
       "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"},
      {{"\xaa", 131},
       {"Test Using Larger Than Block-Size Key - Hash Key First", 0},
       "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"},
      {{"\xaa", 131},
       {"This is a test using a larger than block-size key and a larger than "
        "block-size data. The key needs to be hashed before being used by the "
        "HMAC algorithm.",
        0},
       "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"},
      {{"", 0},
       {"", 0},
       "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad"},
  };
  char key[200], data[200];
  unsigned char mac[GLC_SHA256_SIZE];
  size_t i, twice;

  for (i = 0; i < sizeof cases / sizeof *cases; i++) {
    CHECK_NUMBER(glc_digest_key(digest, spell(cases[i].key, key), NULL),
                 GLC_OK);
    for (twice = 0; twice < 2; twice++) { /* the key stays */
      CHECK_NUMBER(
          glc_digest_hmac(digest, spell(cases[i].data, data), mac, NULL),
          GLC_OK);
      check_hex(mac, sizeof mac, cases[i].mac);
    }
  }
}

static void test_hmac_without_key(void) {
  struct glc_digest *fresh = glc_digest_open(NULL);
  unsigned char mac[GLC_SHA256_SIZE];
  struct glc_error error = {GLC_OK, ""};

  if (CHECK(fresh != NULL)) {
    CHECK_NUMBER(glc_digest_hmac(fresh, glc_bytes_of("x"), mac, &error),
                 GLC_CRYPTO);
    CHECK_NUMBER(error.code, GLC_CRYPTO);
  }
  glc_digest_close(fresh);
  glc_digest_close(NULL);
}

/* 'a' all along, or bytes that tell each leaf and each place apart. */
static void fill(char *data, size_t length, bool varied) {
  size_t i;

  for (i = 0; i < length; i++) {
    data[i] = 'a';
    if (varied) {
      data[i] = (char)((i * 7 + (i >> 8) * 13 + (i >> 16) * 29) & 255);
    }
  }
}

static void check_tree(struct glc_tree_hash *tree, struct glc_bytes data,
                       size_t piece, const char *expected) {
  unsigned char hash[GLC_SHA256_SIZE];
  enum glc_code code = GLC_OK;

  while (code == GLC_OK && data.length > 0) {
    struct glc_bytes part = {data.data,
                             data.length < piece ? data.length : piece};

    code = glc_tree_hash_update(tree, part, NULL);
    data.data += part.length;
    data.length -= part.length;
  }
  CHECK_NUMBER(code, GLC_OK);
  CHECK_NUMBER(glc_tree_hash_finish(tree, hash, NULL), GLC_OK);
  check_hex(hash, sizeof hash, expected);
}

/* SHA-256 and the tree's hash are those of two passes. */
static void check_both(struct glc_bytes data, const char *expected) {
  struct glc_tree_hash *tree = glc_tree_hash_open(NULL);
  unsigned char hash[GLC_SHA256_SIZE], alone[GLC_SHA256_SIZE];
  unsigned char root[GLC_SHA256_SIZE];

  if (CHECK(tree != NULL)) {
    CHECK_NUMBER(glc_digest_sha256(digest, data, alone, NULL), GLC_OK);
    CHECK_NUMBER(glc_digest_hashes(digest, tree, data, hash, root, NULL),
                 GLC_OK);
    CHECK(memcmp(hash, alone, sizeof hash) == 0);
    check_hex(root, sizeof root, expected);
    /* The hasher is as new. */
    CHECK_NUMBER(glc_tree_hash_finish(tree, root, NULL), GLC_OK);
    check_hex(root, 4, "e3b0c442");
  }
  glc_tree_hash_close(tree);
}

static void test_tree(void) {
  static const struct {
    size_t length;
    bool varied;
    const char *hash;
  } cases[] = {
      {0, false,
       "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
      {1024, false,
       "2edc986847e209b4016e141a6dc8716d3207350f416969382d431539bf292e4a"},
      {MIB - 1, true,
       "a33fe985e78cfd00668572e1492f9210c309f8834687589f634cdf321b02becc"},
      {MIB, false,
       "9bc1b2a288b26af7257a36277ae3816a7d4f16e89c1e7e77d0a5c48bad62b360"},
      {MIB + 1, false,
       "8dd49bbc6297567fac3852c2deddcdbc57358bc403c10d4f6dc64b143ad9b27b"},
      {MIB + 1, true,
       "dff16fec540ba6501e3fb68d334179ab0c88f739febde2311ab60804468f1078"},
      {2 * MIB, false,
       "560c2c9333c719cb00cfdffee3ba293db17f58743cdd1f7e4055373ae6300afa"},
      {3 * MIB, false,
       "70239f4f2ead7561f69d48b956b547edef52a1280a93c262c0b582190be7db17"},
      {3 * MIB, true,
       "d35f33dfa971f303dd7056717174c3003d157a0f2ca4e04922de8013179ff84b"},
      {3670016, false,
       "daede4eb580f914dacd5e0bdf7015c937fd615c1e6c6552d25cb04a8b7219828"},
      {4 * MIB + 20, false,
       "12f3cbd6101b981cde074039f6f728071da8879d6f632de8afc7cdf00661b08f"},
      {5 * MIB + 7, false,
       "b858f8d4da2746113616921f1046c2a930c7a1964323214ca3e088f695624094"},
      {5 * MIB + 7, true,
       "994165ec706d9cce09d23601ffd1c094c6bf116cb43fdc4eef1dad566ee0e365"},
      {7 * MIB, true,
       "d99bb23029913aa81e4ce492ad1ce4d692f1c5acb434b9543afb7a9931445e31"},
      {11 * MIB + 3, true,
       "93e82b93bf95849f6e44e692efae1e3a57c4dacc6a4afc311dd6f7f208f12923"},
  };
  static const size_t pieces[] = {12 * MIB,    MIB,   MIB + 1, MIB - 1,
                                  2 * MIB + 3, 65537, 997};
  struct glc_tree_hash *tree = glc_tree_hash_open(NULL);
  struct glc_bytes data = {malloc(12 * MIB), 0};
  size_t i, j;

  if (CHECK(tree != NULL && data.data != NULL)) {
    for (i = 0; i < sizeof cases / sizeof *cases; i++) {
      data.length = cases[i].length;
      fill((char *)data.data, data.length, cases[i].varied);
      for (j = 0; j < sizeof pieces / sizeof *pieces; j++) {
        check_tree(tree, data, pieces[j], cases[i].hash);
      }
      check_both(data, cases[i].hash);
    }
  }
  free((char *)data.data);
  glc_tree_hash_close(tree);
  glc_tree_hash_close(NULL);
}

/* Everything once; false where something failed, which `error` then says. */
static bool use_all(struct glc_error *error) {
  static const char zeros[GLC_LEAF_SIZE + 1];
  const struct glc_bytes two_leaves = {zeros, sizeof zeros};
  struct glc_digest *own = glc_digest_open(error);
  struct glc_tree_hash *tree = glc_tree_hash_open(error);
  const struct glc_bytes text = glc_bytes_of("abc");
  unsigned char hash[GLC_SHA256_SIZE], sha1[GLC_SHA1_SIZE];
  unsigned char mac[GLC_SHA256_SIZE], root[GLC_SHA256_SIZE];
  unsigned char both[GLC_SHA256_SIZE], pair[GLC_SHA256_SIZE];
  bool done = own != NULL && tree != NULL &&
              glc_digest_sha256(own, text, hash, error) == GLC_OK &&
              glc_digest_sha1(text, sha1, error) == GLC_OK &&
              glc_digest_key(own, glc_bytes_of("Jefe"), error) == GLC_OK &&
              glc_digest_hmac(own, glc_bytes_of("what do ya want for nothing?"),
                              mac, error) == GLC_OK &&
              glc_tree_hash_update(tree, text, error) == GLC_OK &&
              glc_tree_hash_finish(tree, root, error) == GLC_OK &&
              glc_digest_hashes(own, tree, two_leaves, both, pair, error) ==
                  GLC_OK;

  if (done) {
    faults_disarm();
    CHECK(memcmp(hash, root, sizeof root) == 0);
    check_hex(hash, 4, "ba7816bf");
    check_hex(sha1, 4, "a9993e36");
    check_hex(mac, 4, "5bdcc146");
    CHECK(memcmp(both, pair, sizeof both) != 0);
  }
  glc_digest_close(own);
  glc_tree_hash_close(tree);
  return done;
}

static void test_faults(bool lasting) {
  unsigned long n = 0;
  bool fired = true;

  while (fired) {
    struct glc_error error = {GLC_OK, ""};
    bool done;

    faults_arm(++n, lasting);
    done = use_all(&error);
    fired = faults_disarm();
    CHECK(done || (fired && error.code != GLC_OK));
  }
  CHECK(n > 10); /* OpenSSL's are among them */
}

/* More than are drawn at once, each another. */
static void test_uuids(void) {
  enum { COUNT = 100 };
  static char seen[COUNT][GLC_UUID_SIZE];
  struct glc_error error;
  int i, k;

  for (i = 0; i < COUNT; i++) {
    CHECK(glc_digest_uuid(digest, seen[i], &error) == GLC_OK);
    CHECK(strlen(seen[i]) == GLC_UUID_SIZE - 1 && seen[i][14] == '4' &&
          strchr("89ab", seen[i][19]) != NULL);
    for (k = 0; k < i; k++) {
      CHECK(strcmp(seen[i], seen[k]) != 0);
    }
  }
}

/* What was drawn before a fork is the parent's. */
static void test_uuids_in_child(void) {
  char ours[GLC_UUID_SIZE] = "", theirs[GLC_UUID_SIZE] = "";
  struct glc_error error;
  int ends[2], status = -1;
  pid_t child;

  CHECK(glc_digest_uuid(digest, ours, &error) == GLC_OK);
  CHECK(pipe(ends) == 0);
  child = fork();
  if (child == 0) {
    (void)glc_digest_uuid(digest, theirs, &error);
    _exit(write(ends[1], theirs, sizeof theirs) == sizeof theirs ? 0 : 1);
  }
  CHECK(child > 0 && waitpid(child, &status, 0) == child && status == 0);
  CHECK(read(ends[0], theirs, sizeof theirs) == sizeof theirs);
  CHECK(glc_digest_uuid(digest, ours, &error) == GLC_OK);
  CHECK(strlen(theirs) == strlen(ours) && strcmp(ours, theirs) != 0);
  (void)close(ends[0]);
  (void)close(ends[1]);
}

int main(void) {
  CHECK(faults_reach_openssl());
  digest = glc_digest_open(NULL);
  if (CHECK(digest != NULL)) {
    test_sha();
    test_hmac();
    test_hmac_without_key();
    test_tree();
    test_uuids();
    test_uuids_in_child();
    test_faults(false);
    test_faults(true);
  }
  glc_digest_close(digest);
  return check_report("digest");
}
