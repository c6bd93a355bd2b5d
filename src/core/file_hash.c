#define _POSIX_C_SOURCE 200809L /* pread */
#define _FILE_OFFSET_BITS 64

#include "file_hash.h"

#include <errno.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "crypto.h"
#include "threads.h"

enum {
  /* Small enough to be in the processor's cache still when it is hashed. */
  PIECE_SIZE = 64 * 1024,
  /* How many leaves may be under way or wait for one before them. */
  WINDOW = 2 * GLC_FILE_HASH_THREADS
};

/* A leaf that was given to a thread. */
struct leaf {
  size_t range;
  uint64_t offset; /* in the file */
  size_t wanted;   /* bytes */
  size_t length;   /* bytes that were there */
  bool is_hashed;
  unsigned char hash[GLC_SHA256_SIZE];
};

/*
 * Leaves are given out in the order of the ranges and join the tree in that
 * order, too: number n has its place in the window until all before it have.
 * Everything from `range` on is for those who hold the lock.
 */
struct glc_file_hash {
  pid_t owner;
  int file;
  struct glc_file_range *ranges;
  size_t count;
  EVP_MD *sha256;
  struct glc_tree_hash *tree;
  pthread_mutex_t lock;
  pthread_cond_t changed; /* a leaf has joined, or a thread has ended */
  size_t range;           /* of the next leaf, where it begins in there */
  uint64_t begins;
  uint64_t given;  /* leaves */
  uint64_t joined; /* leaves */
  size_t ended;    /* ranges whose hash is there */
  bool is_stopped;
  struct glc_error failure; /* of the first that failed; GLC_OK: none */
  unsigned running;
  unsigned started;
  pthread_t threads[GLC_FILE_HASH_THREADS];
  struct leaf window[WINDOW];
};

/* What a thread works with. */
struct worker {
  struct glc_file_hash *hash;
  EVP_MD_CTX *context;
  unsigned char *piece;
};

static void stop(struct glc_file_hash *hash, const struct glc_error *failure) {
  if (hash->failure.code == GLC_OK) {
    hash->failure = *failure;
  }
  hash->is_stopped = true;
}

/* The range has no more leaves to be given out. */
static void leave_range(struct glc_file_hash *hash, size_t range) {
  if (hash->range == range) {
    hash->range++;
    hash->begins = 0;
  }
}

/* The next leaf; NULL: there is none, or it is stopped. Waits for a place. */
static struct leaf *next_leaf(struct glc_file_hash *hash) {
  const struct glc_file_range *range;
  struct leaf *leaf;
  uint64_t left;

  while (!hash->is_stopped && hash->range < hash->count &&
         hash->given - hash->joined >= WINDOW) {
    (void)pthread_cond_wait(&hash->changed, &hash->lock);
  }
  if (hash->is_stopped || hash->range == hash->count) {
    return NULL;
  }
  leaf = &hash->window[hash->given++ % WINDOW];
  range = &hash->ranges[hash->range];
  left = range->size - hash->begins;
  leaf->range = hash->range;
  leaf->offset = range->first + hash->begins;
  leaf->wanted = left < GLC_LEAF_SIZE ? (size_t)left : GLC_LEAF_SIZE;
  leaf->length = 0;
  leaf->is_hashed = false;
  hash->begins += leaf->wanted;
  if (hash->begins == range->size) {
    leave_range(hash, leaf->range);
  }
  return leaf;
}

/* Reads one piece; its length, 0 at the file's end, or -1 and errno. */
static ssize_t read_piece(const struct worker *worker, uint64_t offset,
                          size_t size) {
  ssize_t length;

  /* There is nothing where no offset leads to. */
  if (offset > (uint64_t)INT64_MAX - size) {
    return 0;
  }
  do {
    length = pread(worker->hash->file, worker->piece,
                   size < PIECE_SIZE ? size : PIECE_SIZE, (off_t)offset);
  } while (length < 0 && errno == EINTR);
  return length;
}

/* `is_stopped` is looked at between two pieces, so that an end is soon. */
static bool goes_on(struct glc_file_hash *hash) {
  bool is_stopped;

  (void)pthread_mutex_lock(&hash->lock);
  is_stopped = hash->is_stopped;
  (void)pthread_mutex_unlock(&hash->lock);
  return !is_stopped;
}

static enum glc_code hash_leaf(const struct worker *worker, struct leaf *leaf,
                               struct glc_error *error) {
  const EVP_MD *sha256 = worker->hash->sha256;
  ssize_t length = 1;
  char reason[80];

  if (!EVP_DigestInit_ex2(worker->context, sha256, NULL)) {
    return glc_crypto_failure(error, "beginning SHA-256");
  }
  while (length > 0 && leaf->length < leaf->wanted && goes_on(worker->hash)) {
    length = read_piece(worker, leaf->offset + leaf->length,
                        leaf->wanted - leaf->length);
    if (length < 0) {
      glc_error_describe(errno, reason, sizeof reason);
      return glc_error_set(error, GLC_INVALID, "cannot read the file: %s",
                           reason);
    }
    if (!EVP_DigestUpdate(worker->context, worker->piece, (size_t)length)) {
      return glc_crypto_failure(error, "SHA-256");
    }
    leaf->length += (size_t)length;
  }
  if (!EVP_DigestFinal_ex(worker->context, leaf->hash, NULL)) {
    return glc_crypto_failure(error, "SHA-256 of a leaf");
  }
  return GLC_OK;
}

/* The next leaf joins the tree; with its range's last one the hash is known. */
static enum glc_code join_leaf(struct glc_file_hash *hash,
                               const struct leaf *leaf,
                               struct glc_error *error) {
  struct glc_file_range *range = &hash->ranges[leaf->range];
  const bool is_whole = leaf->length == GLC_LEAF_SIZE;
  enum glc_code code = GLC_OK;

  if (leaf->range < hash->ended) {
    return GLC_OK; /* The file had ended before it. */
  }
  if (is_whole) {
    code = glc_tree_hash_append(hash->tree, leaf->hash, error);
  }
  range->hashed += leaf->length;
  if (code == GLC_OK &&
      (range->hashed == range->size || leaf->length < leaf->wanted)) {
    if (range->state != NULL) {
      glc_tree_hash_save(hash->tree, range->state);
    }
    if (!is_whole && leaf->length > 0) {
      code = glc_tree_hash_append(hash->tree, leaf->hash, error);
    }
    if (code == GLC_OK) {
      code = glc_tree_hash_finish(hash->tree, range->root, error);
    }
    leave_range(hash, leaf->range);
    hash->ended++;
  }
  return code;
}

/* Takes a leaf that is hashed, and lets all join whose turn it is. */
static enum glc_code take_leaf(struct glc_file_hash *hash, struct leaf *leaf,
                               struct glc_error *error) {
  enum glc_code code = GLC_OK;

  leaf->is_hashed = true;
  if (leaf->length < leaf->wanted) {
    leave_range(hash, leaf->range);
  }
  while (code == GLC_OK && hash->joined < hash->given &&
         hash->window[hash->joined % WINDOW].is_hashed) {
    code = join_leaf(hash, &hash->window[hash->joined % WINDOW], error);
    hash->joined++;
  }
  return code;
}

static void work(const struct worker *worker) {
  struct glc_file_hash *hash = worker->hash;
  struct glc_error error;
  struct leaf *leaf;
  enum glc_code code;

  (void)pthread_mutex_lock(&hash->lock);
  while ((leaf = next_leaf(hash)) != NULL) {
    (void)pthread_mutex_unlock(&hash->lock);
    code = hash_leaf(worker, leaf, &error);
    (void)pthread_mutex_lock(&hash->lock);
    if (code == GLC_OK && !hash->is_stopped) {
      code = take_leaf(hash, leaf, &error);
    }
    if (code != GLC_OK) {
      stop(hash, &error);
    }
    (void)pthread_cond_broadcast(&hash->changed);
  }
  (void)pthread_mutex_unlock(&hash->lock);
}

static void *run(void *argument) {
  struct glc_file_hash *hash = argument;
  struct worker worker = {hash, NULL, malloc(PIECE_SIZE)};
  struct glc_crypto_scope scope;
  struct glc_error error;

  glc_thread_give_way();
  glc_crypto_enter(&scope);
  worker.context = EVP_MD_CTX_new();
  if (worker.context != NULL && worker.piece != NULL) {
    work(&worker);
  } else {
    (void)glc_error_set(&error, GLC_NO_MEMORY, "no memory to hash a file");
    (void)pthread_mutex_lock(&hash->lock);
    stop(hash, &error);
    (void)pthread_mutex_unlock(&hash->lock);
  }
  EVP_MD_CTX_free(worker.context);
  free(worker.piece);
  glc_crypto_leave(&scope);
  (void)pthread_mutex_lock(&hash->lock);
  hash->running--;
  (void)pthread_cond_broadcast(&hash->changed);
  (void)pthread_mutex_unlock(&hash->lock);
  return NULL;
}

/* One thread a core, and none that would find no leaf. */
static unsigned threads_for(const struct glc_file_hash *hash,
                            unsigned threads) {
  uint64_t leaves = 0;
  size_t i;

  if (threads == 0) {
    threads = glc_threads_cores();
  }
  if (threads > GLC_FILE_HASH_THREADS) {
    threads = GLC_FILE_HASH_THREADS;
  }
  for (i = 0; i < hash->count && leaves < threads; i++) {
    leaves += hash->ranges[i].size / GLC_LEAF_SIZE + 1;
  }
  return leaves < threads ? (unsigned)leaves : threads;
}

/* Each begins to work when all are there: the lock is held until then. */
static enum glc_code start_threads(struct glc_file_hash *hash,
                                   unsigned threads, struct glc_error *error) {
  enum glc_code code;

  (void)pthread_mutex_lock(&hash->lock);
  code = glc_threads_start(hash->threads, threads, run, hash, &hash->started,
                           error);
  hash->running = hash->started;
  (void)pthread_mutex_unlock(&hash->lock);
  return code;
}

struct glc_file_hash *glc_file_hash_start(int file,
                                          struct glc_file_range *ranges,
                                          size_t count, unsigned threads,
                                          struct glc_error *error) {
  struct glc_crypto_scope scope;
  struct glc_file_hash *hash = calloc(1, sizeof *hash);
  size_t i;

  if (hash == NULL) {
    glc_error_set(error, GLC_NO_MEMORY, "no memory to hash a file");
    return NULL;
  }
  glc_crypto_enter(&scope);
  hash->owner = getpid();
  hash->file = file;
  hash->ranges = ranges;
  hash->count = count;
  for (i = 0; i < count; i++) {
    ranges[i].hashed = 0;
  }
  /* With default attributes neither can fail where this code runs. */
  (void)pthread_mutex_init(&hash->lock, NULL);
  (void)pthread_cond_init(&hash->changed, NULL);
  hash->sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
  if (hash->sha256 == NULL) {
    glc_crypto_missing(error, "SHA-256");
    goto failed;
  }
  hash->tree = glc_tree_hash_open(error);
  if (hash->tree == NULL ||
      start_threads(hash, threads_for(hash, threads), error) != GLC_OK) {
    goto failed;
  }
  goto done;
failed:
  glc_file_hash_close(hash);
  hash = NULL;
done:
  glc_crypto_leave(&scope);
  return hash;
}

/* In a child that was forked: a thread that is not there may hold the lock. */
static bool is_left(const struct glc_file_hash *hash) {
  return hash->owner != getpid();
}

bool glc_file_hash_done(struct glc_file_hash *hash) {
  bool is_done;

  if (is_left(hash)) {
    return true;
  }
  /* Whoever has the lock runs, unless the system has taken its core away. */
  if (pthread_mutex_trylock(&hash->lock) != 0) {
    return false;
  }
  is_done = hash->running == 0;
  (void)pthread_mutex_unlock(&hash->lock);
  return is_done;
}

enum glc_code glc_file_hash_wait(struct glc_file_hash *hash,
                                 struct glc_error *error) {
  enum glc_code code;

  if (is_left(hash)) {
    return glc_error_set(error, GLC_INVALID,
                         "the file is hashed by another process");
  }
  (void)pthread_mutex_lock(&hash->lock);
  while (hash->running > 0) {
    (void)pthread_cond_wait(&hash->changed, &hash->lock);
  }
  code = hash->failure.code;
  if (code != GLC_OK && error != NULL) {
    *error = hash->failure;
  }
  (void)pthread_mutex_unlock(&hash->lock);
  return code;
}

void glc_file_hash_close(struct glc_file_hash *hash) {
  struct glc_crypto_scope scope;
  unsigned i;

  if (hash == NULL || is_left(hash)) {
    return;
  }
  (void)pthread_mutex_lock(&hash->lock);
  hash->is_stopped = true;
  (void)pthread_cond_broadcast(&hash->changed);
  (void)pthread_mutex_unlock(&hash->lock);
  for (i = 0; i < hash->started; i++) {
    (void)pthread_join(hash->threads[i], NULL);
  }
  glc_crypto_enter(&scope);
  glc_tree_hash_close(hash->tree);
  EVP_MD_free(hash->sha256);
  glc_crypto_leave(&scope);
  (void)pthread_cond_destroy(&hash->changed);
  (void)pthread_mutex_destroy(&hash->lock);
  free(hash);
}
