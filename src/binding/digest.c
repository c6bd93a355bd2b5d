/*
 * glacier.core.digest: SHA-256 and its kin.
 *
 *   sha256(data [, raw]), sha1(data [, raw]), tree_hash(data [, raw]),
 *   hmac_sha256(key, data [, raw]) -> string
 *   hashes(data [, raw]) -> SHA-256, tree hash: the data is read once
 *   random() -> number from 0 to 1;  uuid() -> string
 *   tree_hasher() -> hasher; hasher:update(data) -> hasher
 *   hasher:digest([raw]) -> hash of all data so far; more may follow
 *   hasher:finish([raw]) -> the same, and it starts anew
 *
 * Results are lower-case hexadecimal digits, or the bytes where `raw` is true.
 */
#include "../core/crypto.h"
#include "../core/digest.h"

#include "arguments.h"
#include "handle.h"
#include "module.h"

static void destroy_digest(void *object) {
  glc_digest_close(object);
}

static void destroy_tree(void *object) {
  glc_tree_hash_close(object);
}

static const struct glc_type digest_type = {"glacier.digest", destroy_digest,
                                            NULL, NULL};
static const struct glc_type tree_type;

/* Pushes the hash in the form the argument `raw` at `index` asks for. */
static int push_hash(lua_State *L, const unsigned char *hash, size_t size,
                     int index) {
  if (lua_toboolean(L, index)) {
    lua_pushlstring(L, (const char *)hash, size);
  } else {
    glc_push_hex(L, hash, size);
  }
  return 1;
}

static int raise(lua_State *L, const struct glc_error *error) {
  return luaL_error(L, "%s", error->message);
}

/*
 * The contexts are an upvalue, one set for each Lua state. At the end of a
 * state it may be closed before the last finalizers: they get a set of their
 * own. To be given back by return_contexts, with nothing of Lua between.
 */
static struct glc_digest *take_contexts(lua_State *L,
                                        struct glc_error *error) {
  const struct glc_handle *handle = lua_touserdata(L, lua_upvalueindex(1));

  return handle->object != NULL ? handle->object : glc_digest_open(error);
}

static void return_contexts(lua_State *L, struct glc_digest *digest) {
  const struct glc_handle *handle = lua_touserdata(L, lua_upvalueindex(1));

  if (handle->object != digest) {
    glc_digest_close(digest);
  }
}

static int sha256(lua_State *L) {
  struct glc_bytes data = glc_check_bytes(L, 1);
  unsigned char hash[GLC_SHA256_SIZE];
  struct glc_error error;
  struct glc_digest *digest = take_contexts(L, &error);
  bool hashed = digest != NULL &&
                glc_digest_sha256(digest, data, hash, &error) == GLC_OK;

  return_contexts(L, digest);
  return hashed ? push_hash(L, hash, sizeof hash, 2) : raise(L, &error);
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
  struct glc_digest *digest = take_contexts(L, &error);
  bool hashed = digest != NULL &&
                glc_digest_key(digest, key, &error) == GLC_OK &&
                glc_digest_hmac(digest, data, mac, &error) == GLC_OK;

  return_contexts(L, digest);
  return hashed ? push_hash(L, mac, sizeof mac, 3) : raise(L, &error);
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
  struct glc_digest *digest = take_contexts(L, &error);
  bool made = digest != NULL &&
              glc_digest_uuid(digest, text, &error) == GLC_OK;

  return_contexts(L, digest);
  if (!made) {
    return raise(L, &error);
  }
  lua_pushstring(L, text);
  return 1;
}

static int tree_hasher(lua_State *L) {
  struct glc_handle *handle = glc_new_handle(L, &tree_type);
  struct glc_error error;

  handle->object = glc_tree_hash_open(&error);
  return handle->object != NULL ? 1 : raise(L, &error);
}

static int tree_update(lua_State *L) {
  struct glc_bytes data = glc_check_bytes(L, 2);
  struct glc_tree_hash *tree = glc_check_object(L, 1, &tree_type);
  struct glc_error error;

  if (glc_tree_hash_update(tree, data, &error) != GLC_OK) {
    return raise(L, &error);
  }
  lua_settop(L, 1);
  return 1;
}

static int tree_finish(lua_State *L) {
  struct glc_tree_hash *tree = glc_check_object(L, 1, &tree_type);
  unsigned char hash[GLC_SHA256_SIZE];
  struct glc_error error;

  if (glc_tree_hash_finish(tree, hash, &error) != GLC_OK) {
    return raise(L, &error);
  }
  return push_hash(L, hash, sizeof hash, 2);
}

static int tree_digest(lua_State *L) {
  struct glc_tree_hash *tree = glc_check_object(L, 1, &tree_type);
  unsigned char hash[GLC_SHA256_SIZE];
  struct glc_error error;

  if (glc_tree_hash_peek(tree, hash, &error) != GLC_OK) {
    return raise(L, &error);
  }
  return push_hash(L, hash, sizeof hash, 2);
}

/* tree_hash(data): nothing of Lua between opening and closing. */
static int tree_hash(lua_State *L) {
  struct glc_bytes data = glc_check_bytes(L, 1);
  unsigned char hash[GLC_SHA256_SIZE];
  struct glc_error error;
  struct glc_tree_hash *tree = glc_tree_hash_open(&error);
  bool hashed = tree != NULL &&
                glc_tree_hash_update(tree, data, &error) == GLC_OK &&
                glc_tree_hash_finish(tree, hash, &error) == GLC_OK;

  glc_tree_hash_close(tree);
  return hashed ? push_hash(L, hash, sizeof hash, 2) : raise(L, &error);
}

static int hashes(lua_State *L) {
  struct glc_bytes data = glc_check_bytes(L, 1);
  unsigned char hash[GLC_SHA256_SIZE], root[GLC_SHA256_SIZE];
  struct glc_error error;
  struct glc_digest *digest = take_contexts(L, &error);
  struct glc_tree_hash *tree =
      digest != NULL ? glc_tree_hash_open(&error) : NULL;
  bool hashed = tree != NULL && glc_digest_hashes(digest, tree, data, hash,
                                                  root, &error) == GLC_OK;

  glc_tree_hash_close(tree);
  return_contexts(L, digest);
  if (!hashed) {
    return raise(L, &error);
  }
  lua_settop(L, 2);
  (void)push_hash(L, hash, sizeof hash, 2);
  (void)push_hash(L, root, sizeof root, 2);
  return 2;
}

static const luaL_Reg tree_methods[] = {
    {"update", tree_update},
    {"digest", tree_digest},
    {"finish", tree_finish},
    {NULL, NULL}};

static const struct glc_type tree_type = {"glacier.tree_hasher", destroy_tree,
                                          tree_methods, NULL};

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
  struct glc_handle *handle;

  glc_module_open(L);
  glc_crypto_prepare();
  glc_new_type(L, &digest_type);
  glc_new_type(L, &tree_type);
  handle = glc_new_handle(L, &digest_type);
  handle->object = glc_digest_open(&error);
  if (handle->object == NULL) {
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
