#include "tree_hash.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "crypto.h"

/* A hash that stands for 2^level leaves. */
struct subtree {
  unsigned level;
  unsigned char hash[GLC_SHA256_SIZE];
};

struct glc_tree_hash {
  EVP_MD *sha256;
  EVP_MD_CTX *leaf;
  size_t leaf_length;
  size_t depth; /* of the stack */
  struct subtree stack[GLC_TREE_DEPTH];
};

struct glc_tree_hash *glc_tree_hash_open(struct glc_error *error) {
  struct glc_crypto_scope scope;
  struct glc_tree_hash *tree = calloc(1, sizeof *tree);

  if (tree == NULL) {
    glc_error_set(error, GLC_NO_MEMORY, "no memory for a tree hash");
    return NULL;
  }
  glc_crypto_enter(&scope);
  tree->sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
  if (tree->sha256 == NULL) {
    glc_crypto_missing(error, "SHA-256");
    goto failed;
  }
  tree->leaf = EVP_MD_CTX_new();
  if (tree->leaf == NULL ||
      !EVP_DigestInit_ex2(tree->leaf, tree->sha256, NULL)) {
    glc_crypto_failure(error, "beginning SHA-256");
    goto failed;
  }
  goto done;
failed:
  glc_tree_hash_close(tree);
  tree = NULL;
done:
  glc_crypto_leave(&scope);
  return tree;
}

void glc_tree_hash_close(struct glc_tree_hash *tree) {
  struct glc_crypto_scope scope;

  if (tree != NULL) {
    glc_crypto_enter(&scope);
    EVP_MD_CTX_free(tree->leaf);
    EVP_MD_free(tree->sha256);
    free(tree);
    glc_crypto_leave(&scope);
  }
}

/* Replaces the two topmost subtrees by their parent. */
static enum glc_code join_top(struct glc_tree_hash *tree,
                              struct glc_error *error) {
  struct subtree *left = &tree->stack[tree->depth - 2];
  const struct subtree *right = &tree->stack[tree->depth - 1];

  /* The leaf's context is free here: a leaf has just ended. */
  if (!EVP_DigestUpdate(tree->leaf, left->hash, GLC_SHA256_SIZE) ||
      !EVP_DigestUpdate(tree->leaf, right->hash, GLC_SHA256_SIZE) ||
      !EVP_DigestFinal_ex(tree->leaf, left->hash, NULL) ||
      !EVP_DigestInit_ex2(tree->leaf, tree->sha256, NULL)) {
    return glc_crypto_failure(error, "SHA-256 of a pair");
  }
  left->level++;
  tree->depth--;
  return GLC_OK;
}

/*
 * Puts a leaf on the stack. Invariant: the levels on it fall strictly from
 * bottom to top (they are the one bits of the number of leaves), so joining
 * equal levels here and the rest from the top at the end is the pairing level
 * by level. A leaf's context is free then.
 */
static enum glc_code push_leaf(struct glc_tree_hash *tree,
                               const unsigned char hash[GLC_SHA256_SIZE],
                               struct glc_error *error) {
  enum glc_code code = GLC_OK;

  if (tree->depth == GLC_TREE_DEPTH) {
    return glc_error_set(error, GLC_TOO_LARGE, "too much data to hash");
  }
  tree->stack[tree->depth].level = 0;
  memcpy(tree->stack[tree->depth].hash, hash, GLC_SHA256_SIZE);
  tree->depth++;
  while (code == GLC_OK && tree->depth >= 2 &&
         tree->stack[tree->depth - 1].level ==
             tree->stack[tree->depth - 2].level) {
    code = join_top(tree, error);
  }
  return code;
}

/* Ends the leaf in progress. */
static enum glc_code end_leaf(struct glc_tree_hash *tree,
                              struct glc_error *error) {
  unsigned char hash[GLC_SHA256_SIZE];

  if (!EVP_DigestFinal_ex(tree->leaf, hash, NULL) ||
      !EVP_DigestInit_ex2(tree->leaf, tree->sha256, NULL)) {
    return glc_crypto_failure(error, "SHA-256 of a leaf");
  }
  tree->leaf_length = 0;
  return push_leaf(tree, hash, error);
}

enum glc_code glc_tree_hash_update(struct glc_tree_hash *tree,
                                   struct glc_bytes data,
                                   struct glc_error *error) {
  struct glc_crypto_scope scope;
  enum glc_code code = GLC_OK;

  glc_crypto_enter(&scope);
  while (code == GLC_OK && data.length > 0) {
    size_t room = GLC_LEAF_SIZE - tree->leaf_length;
    size_t length = data.length < room ? data.length : room;

    if (!EVP_DigestUpdate(tree->leaf, data.data, length)) {
      code = glc_crypto_failure(error, "SHA-256");
      break;
    }
    tree->leaf_length += length;
    data.data += length;
    data.length -= length;
    if (tree->leaf_length == GLC_LEAF_SIZE) {
      code = end_leaf(tree, error);
    }
  }
  glc_crypto_leave(&scope);
  return code;
}

enum glc_code glc_tree_hash_finish(struct glc_tree_hash *tree,
                                   unsigned char hash[GLC_SHA256_SIZE],
                                   struct glc_error *error) {
  struct glc_crypto_scope scope;
  enum glc_code code = GLC_OK;

  glc_crypto_enter(&scope);
  if (tree->leaf_length > 0 || tree->depth == 0) {
    code = end_leaf(tree, error);
  }
  while (code == GLC_OK && tree->depth >= 2) {
    code = join_top(tree, error);
  }
  if (code == GLC_OK) {
    memcpy(hash, tree->stack[0].hash, GLC_SHA256_SIZE);
    tree->depth = 0;
  }
  glc_crypto_leave(&scope);
  return code;
}

enum glc_code glc_tree_hash_peek(const struct glc_tree_hash *tree,
                                 unsigned char hash[GLC_SHA256_SIZE],
                                 struct glc_error *error) {
  struct glc_crypto_scope scope;
  struct glc_tree_hash copy = *tree;
  enum glc_code code;

  glc_crypto_enter(&scope);
  copy.leaf = EVP_MD_CTX_new();
  if (copy.leaf == NULL || !EVP_MD_CTX_copy_ex(copy.leaf, tree->leaf)) {
    code = glc_crypto_failure(error, "copying SHA-256");
  } else {
    code = glc_tree_hash_finish(&copy, hash, error);
  }
  EVP_MD_CTX_free(copy.leaf);
  glc_crypto_leave(&scope);
  return code;
}

enum glc_code glc_tree_hash_append(struct glc_tree_hash *tree,
                                   const unsigned char hash[GLC_SHA256_SIZE],
                                   struct glc_error *error) {
  struct glc_crypto_scope scope;
  enum glc_code code;

  if (tree->leaf_length > 0) {
    return glc_error_set(error, GLC_INVALID, "a leaf is in progress");
  }
  glc_crypto_enter(&scope);
  code = push_leaf(tree, hash, error);
  glc_crypto_leave(&scope);
  return code;
}

void glc_tree_hash_save(const struct glc_tree_hash *tree,
                        struct glc_tree_state *state) {
  size_t i;

  memset(state, 0, sizeof *state);
  for (i = 0; i < tree->depth; i++) {
    state->leaves |= (uint64_t)1 << tree->stack[i].level;
    memcpy(state->hashes[i], tree->stack[i].hash, GLC_SHA256_SIZE);
  }
}

enum glc_code glc_tree_hash_restore(struct glc_tree_hash *tree,
                                    const struct glc_tree_state *state,
                                    struct glc_error *error) {
  struct glc_crypto_scope scope;
  enum glc_code code = GLC_OK;
  unsigned level;

  if (state->leaves >> GLC_TREE_DEPTH != 0) {
    return glc_error_set(error, GLC_TOO_LARGE, "too much data to hash");
  }
  glc_crypto_enter(&scope);
  if (!EVP_DigestInit_ex2(tree->leaf, tree->sha256, NULL)) {
    code = glc_crypto_failure(error, "beginning SHA-256");
  }
  glc_crypto_leave(&scope);
  tree->leaf_length = 0;
  tree->depth = 0;
  for (level = GLC_TREE_DEPTH; level-- > 0;) {
    if ((state->leaves >> level & 1) != 0) {
      struct subtree *top = &tree->stack[tree->depth];

      top->level = level;
      memcpy(top->hash, state->hashes[tree->depth], GLC_SHA256_SIZE);
      tree->depth++;
    }
  }
  return code;
}
