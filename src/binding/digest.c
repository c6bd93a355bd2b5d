/*
 * glacier.core.digest: SHA-256 and its kin.
 *
 *   sha256(data [, raw]), sha1(data [, raw]), tree_hash(data [, raw]),
 *   hmac_sha256(key, data [, raw]) -> string
 *   hashes(data [, raw]) -> SHA-256, tree hash: the data is read once
 *   random() -> number from 0 to 1;  uuid() -> string
 *   tree_hasher() -> hasher; hasher:update(data), hasher:finish([raw])
 *
 * Results are lower-case hexadecimal digits, or the bytes where `raw` is true.
 */
#include "../core/crypto.h"
#include "../core/digest.h"

#include "arguments.h"

#define DIGEST_TYPE "glacier.digest"
#define TREE_TYPE "glacier.tree_hasher"

/* Pushes the hash in the form the argument `raw` at `index` asks for. */
static int push_hash(lua_State *L, const unsigned char *hash, size_t size,
                     int index) {
  static const char digits[] = "0123456789abcdef";
  char text[2 * GLC_SHA256_SIZE];
  size_t i;

  if (lua_toboolean(L, index)) {
    lua_pushlstring(L, (const char *)hash, size);
  } else {
    for (i = 0; i < size; i++) {
      text[2 * i] = digits[hash[i] >> 4];
      text[2 * i + 1] = digits[hash[i] & 15];
    }
    lua_pushlstring(L, text, 2 * size);
  }
  return 1;
}

static int raise(lua_State *L, const struct glc_error *error) {
  return luaL_error(L, "%s", error->message);
}

/* The contexts are an upvalue: one set for each Lua state. */
static struct glc_digest *contexts(lua_State *L) {
  return *(void **)lua_touserdata(L, lua_upvalueindex(1));
}

static int sha256(lua_State *L) {
  unsigned char hash[GLC_SHA256_SIZE];
  struct glc_error error;

  if (glc_digest_sha256(contexts(L), glc_check_bytes(L, 1), hash, &error) !=
      GLC_OK) {
    return raise(L, &error);
  }
  return push_hash(L, hash, sizeof hash, 2);
}

static int sha1(lua_State *L) {
  unsigned char hash[GLC_SHA1_SIZE];
  struct glc_error error;

  if (glc_digest_sha1(glc_check_bytes(L, 1), hash, &error) != GLC_OK) {
    return raise(L, &error);
  }
  return push_hash(L, hash, sizeof hash, 2);
}

static int hmac_sha256(lua_State *L) {
  struct glc_bytes key = glc_check_bytes(L, 1);
  struct glc_bytes data = glc_check_bytes(L, 2);
  unsigned char mac[GLC_SHA256_SIZE];
  struct glc_error error;

  if (glc_digest_key(contexts(L), key, &error) != GLC_OK ||
      glc_digest_hmac(contexts(L), data, mac, &error) != GLC_OK) {
    return raise(L, &error);
  }
  return push_hash(L, mac, sizeof mac, 3);
}

/* Of a cryptographic generator that knows of forks: RAND_bytes(3). */
static int random_fraction(lua_State *L) {
  unsigned char bytes[3];
  struct glc_error error;

  if (glc_digest_random(bytes, sizeof bytes, &error) != GLC_OK) {
    return raise(L, &error);
  }
  lua_pushnumber(L, (bytes[0] * 65536 + bytes[1] * 256 + bytes[2]) /
                        (lua_Number)0xffffff);
  return 1;
}

/* A random (version 4) UUID, RFC 9562 5.4. */
static int uuid(lua_State *L) {
  char text[GLC_UUID_SIZE];
  struct glc_error error;

  if (glc_digest_uuid(text, &error) != GLC_OK) {
    return raise(L, &error);
  }
  lua_pushstring(L, text);
  return 1;
}

static int tree_hasher(lua_State *L) {
  void **handle = glc_new_handle(L, TREE_TYPE);
  struct glc_error error;

  *handle = glc_tree_hash_open(&error);
  return *handle != NULL ? 1 : raise(L, &error);
}

static int tree_update(lua_State *L) {
  struct glc_tree_hash *tree = glc_check_handle(L, 1, TREE_TYPE);
  struct glc_error error;

  if (glc_tree_hash_update(tree, glc_check_bytes(L, 2), &error) != GLC_OK) {
    return raise(L, &error);
  }
  lua_settop(L, 1);
  return 1;
}

static int tree_finish(lua_State *L) {
  struct glc_tree_hash *tree = glc_check_handle(L, 1, TREE_TYPE);
  unsigned char hash[GLC_SHA256_SIZE];
  struct glc_error error;

  if (glc_tree_hash_finish(tree, hash, &error) != GLC_OK) {
    return raise(L, &error);
  }
  return push_hash(L, hash, sizeof hash, 2);
}

static int tree_gc(lua_State *L) {
  void **handle = luaL_checkudata(L, 1, TREE_TYPE);

  glc_tree_hash_close(*handle);
  *handle = NULL;
  return 0;
}

/* tree_hash(data): by a hasher of its own, so that a raise leaks nothing. */
static int tree_hash(lua_State *L) {
  struct glc_bytes data = glc_check_bytes(L, 1);
  unsigned char hash[GLC_SHA256_SIZE];
  struct glc_error error;
  struct glc_tree_hash *tree;

  lua_settop(L, 2);
  tree_hasher(L);
  tree = glc_check_handle(L, 3, TREE_TYPE);
  if (glc_tree_hash_update(tree, data, &error) != GLC_OK ||
      glc_tree_hash_finish(tree, hash, &error) != GLC_OK) {
    return raise(L, &error);
  }
  return push_hash(L, hash, sizeof hash, 2);
}

static int hashes(lua_State *L) {
  struct glc_bytes data = glc_check_bytes(L, 1);
  unsigned char hash[GLC_SHA256_SIZE], root[GLC_SHA256_SIZE];
  struct glc_error error;

  lua_settop(L, 2);
  tree_hasher(L);
  if (glc_digest_hashes(contexts(L), glc_check_handle(L, 3, TREE_TYPE), data,
                        hash, root, &error) != GLC_OK) {
    return raise(L, &error);
  }
  return push_hash(L, hash, sizeof hash, 2) +
         push_hash(L, root, sizeof root, 2);
}

static int digest_gc(lua_State *L) {
  void **handle = luaL_checkudata(L, 1, DIGEST_TYPE);

  glc_digest_close(*handle);
  *handle = NULL;
  return 0;
}

static const luaL_Reg digest_methods[] = {{"__gc", digest_gc}, {NULL, NULL}};

static const luaL_Reg tree_methods[] = {{"update", tree_update},
                                        {"finish", tree_finish},
                                        {"__gc", tree_gc},
                                        {NULL, NULL}};

static const luaL_Reg functions[] = {
    {"sha256", sha256},           {"sha1", sha1},
    {"hmac_sha256", hmac_sha256}, {"tree_hash", tree_hash},
    {"hashes", hashes},           {"tree_hasher", tree_hasher},
    {"random", random_fraction},  {"uuid", uuid},
    {NULL, NULL}};

GLC_EXPORT int luaopen_glacier_core_digest(lua_State *L);

int luaopen_glacier_core_digest(lua_State *L) {
  struct glc_error error;
  const luaL_Reg *function;
  void **handle;

  glc_check_version(L);
  glc_crypto_prepare();
  glc_new_type(L, DIGEST_TYPE, digest_methods);
  glc_new_type(L, TREE_TYPE, tree_methods);
  handle = glc_new_handle(L, DIGEST_TYPE);
  *handle = glc_digest_open(&error);
  if (*handle == NULL) {
    return raise(L, &error);
  }
  lua_newtable(L);
  for (function = functions; function->name != NULL; function++) {
    lua_pushvalue(L, -2);
    lua_pushcclosure(L, function->func, 1);
    lua_setfield(L, -2, function->name);
  }
  return 1;
}
