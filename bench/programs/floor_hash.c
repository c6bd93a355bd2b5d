/*
 * The bare work of a file's tree hash: so many threads read a file, each its
 * share, and hash each MiB of it. Prints MiB a second.
 *
 *   floor_hash FILE THREADS
 */
#define _POSIX_C_SOURCE 200809L

#include <fcntl.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clock.h"

enum { PIECE = 64 * 1024, LEAF = 1024 * 1024, MOST_THREADS = 64 };

struct share {
  int fd;
  off_t first, end;
  bool sound;
};

static bool hash_leaf(const struct share *share, off_t at, EVP_MD_CTX *context,
                      char *piece) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  const off_t end = at + LEAF < share->end ? at + LEAF : share->end;
  bool sound = EVP_DigestInit_ex(context, NULL, NULL) == 1;

  while (sound && at < end) {
    const ssize_t got = pread(share->fd, piece, PIECE, at);

    sound = got > 0 && EVP_DigestUpdate(context, piece, (size_t)got) == 1;
    at += got;
  }
  return sound && EVP_DigestFinal_ex(context, digest, NULL) == 1;
}

static void *hash_share(void *context) {
  struct share *share = context;
  EVP_MD_CTX *hash = EVP_MD_CTX_new();
  char *piece = malloc(PIECE);
  off_t at;

  share->sound = hash != NULL && piece != NULL &&
                 EVP_DigestInit_ex(hash, EVP_sha256(), NULL) == 1;
  for (at = share->first; share->sound && at < share->end; at += LEAF) {
    share->sound = hash_leaf(share, at, hash, piece);
  }
  free(piece);
  EVP_MD_CTX_free(hash);
  return NULL;
}

int main(int argc, char **argv) {
  static struct share shares[MOST_THREADS];
  static pthread_t threads[MOST_THREADS];
  const int count = argc > 2 ? atoi(argv[2]) : 0;
  const int fd = argc > 2 ? open(argv[1], O_RDONLY) : -1;
  struct stat status;
  off_t leaves;
  double start;
  bool sound = true;
  int i, begun = 0;

  if (fd < 0 || count < 1 || count > MOST_THREADS || fstat(fd, &status) != 0) {
    return 2;
  }
  leaves = (status.st_size + LEAF - 1) / LEAF;
  start = bench_now();
  for (i = 0; i < count && sound; i++) {
    shares[i].fd = fd;
    shares[i].first = leaves * i / count * LEAF;
    shares[i].end = i + 1 < count ? leaves * (i + 1) / count * LEAF
                                  : status.st_size;
    sound = pthread_create(&threads[i], NULL, hash_share, &shares[i]) == 0;
    begun += sound ? 1 : 0;
  }
  for (i = 0; i < begun; i++) {
    (void)pthread_join(threads[i], NULL);
    sound = sound && shares[i].sound;
  }
  if (sound) {
    printf("%.1f\n",
           (double)status.st_size / LEAF / ((bench_now() - start) / 1e9));
  }
  (void)close(fd);
  return sound ? 0 : 1;
}
