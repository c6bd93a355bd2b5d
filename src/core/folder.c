#define _POSIX_C_SOURCE 200809L /* openat, mkdirat, fstatat */

#include "folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "path.h"

enum { MODE = 0777 /* the umask takes from it */ };

struct glc_folder {
  DIR *stream;
};

static enum glc_code fail(struct glc_error *error, const char *what,
                          struct glc_bytes path) {
  char reason[80];

  glc_error_describe(errno, reason, sizeof reason);
  return glc_path_refusal(error, GLC_FILE, what, path, reason);
}

static enum glc_code refuse_path(struct glc_error *error) {
  return glc_error_set(error, GLC_FILE, "the path cannot name a folder");
}

/*
 * The next part of a path, ended by a NUL in place of its slash; NULL at the
 * end. `rest` then stands behind it.
 */
static char *next_part(char **rest) {
  char *part = *rest;
  char *end;

  while (*part == '/') {
    part++;
  }
  end = part;
  while (*end != '\0' && *end != '/') {
    end++;
  }
  *rest = end;
  if (*end == '/') {
    *end = '\0';
    *rest = end + 1;
  }
  return end > part ? part : NULL;
}

/* Some file systems have nothing to synchronize with. */
static bool synchronize(int fd) {
  return fsync(fd) == 0 || errno == EINVAL || errno == ENOSYS;
}

/*
 * Opens the folder `part` of the folder `*fd`, which is closed, and makes it
 * where it is not there. False with errno set.
 */
static bool enter(int *fd, const char *part, int flags) {
  bool is_new = mkdirat(*fd, part, MODE) == 0;
  int inside = -1;

  if (is_new && !synchronize(*fd)) {
    return false;
  }
  if (is_new || errno == EEXIST || errno == EROFS || errno == EACCES) {
    inside = openat(*fd, part, O_RDONLY | O_DIRECTORY | O_CLOEXEC | flags);
  }
  if (inside < 0) {
    return false;
  }
  (void)close(*fd);
  *fd = inside;
  return true;
}

/* Makes all parts of a path, which is changed meanwhile. */
static enum glc_code make(int fd, char *copy, struct glc_bytes path,
                          int flags, struct glc_error *error) {
  enum glc_code code = GLC_OK;
  char *rest = copy;
  char *part;

  while (code == GLC_OK && (part = next_part(&rest)) != NULL) {
    if ((flags & O_NOFOLLOW) != 0 && strcmp(part, "..") == 0) {
      code = glc_path_refusal(error, GLC_FILE, "make the folder", path,
                              "it leads out of where it is to be");
    } else if (!enter(&fd, part, flags)) {
      code = fail(error, "make the folder", path);
    }
  }
  (void)close(fd);
  return code;
}

enum glc_code glc_folder_make(struct glc_bytes path,
                              struct glc_error *error) {
  char copy[GLC_PATH_MAX];
  int fd;

  if (!glc_path_copy(copy, path)) {
    return refuse_path(error);
  }
  fd = open(copy[0] == '/' ? "/" : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) {
    return fail(error, "make the folder", path);
  }
  return make(fd, copy, path, 0, error);
}

enum glc_code glc_folder_make_below(struct glc_bytes root,
                                    struct glc_bytes path,
                                    struct glc_error *error) {
  char copy[GLC_PATH_MAX], top[GLC_PATH_MAX];
  int fd;

  if (!glc_path_copy(copy, path) || !glc_path_copy(top, root)) {
    return refuse_path(error);
  }
  fd = open(top, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) {
    return fail(error, "open the folder", root);
  }
  return make(fd, copy, path, O_NOFOLLOW, error);
}

size_t glc_folder_find_link(struct glc_bytes root, struct glc_bytes path) {
  char whole[2 * GLC_PATH_MAX];
  char copy[GLC_PATH_MAX];
  struct stat status;
  size_t end = root.length + 1;

  if (!glc_path_copy(whole, root) || !glc_path_copy(copy, path)) {
    return 0;
  }
  whole[root.length] = '/';
  memcpy(whole + end, copy, path.length + 1);
  while (whole[end] != '\0') {
    size_t last = end + strcspn(whole + end, "/");
    char kept = whole[last];

    whole[last] = '\0';
    if (last > end && lstat(whole, &status) != 0) {
      return 0; /* nothing stands below what is not there */
    } else if (last > end && S_ISLNK(status.st_mode)) {
      return last - root.length - 1;
    }
    whole[last] = kept;
    end = kept == '\0' ? last : last + 1;
  }
  return 0;
}

enum glc_code glc_folder_current(char *path, struct glc_error *error) {
  return getcwd(path, GLC_PATH_MAX) != NULL
             ? GLC_OK
             : fail(error, "find", glc_bytes_of("the current folder"));
}

struct glc_folder *glc_folder_open(struct glc_bytes path,
                                   struct glc_error *error) {
  char copy[GLC_PATH_MAX];
  struct glc_folder *folder = NULL;

  if (!glc_path_copy(copy, path)) {
    (void)refuse_path(error);
    goto done;
  }
  folder = malloc(sizeof *folder);
  if (folder == NULL) {
    (void)glc_error_set(error, GLC_NO_MEMORY, "no memory");
    goto done;
  }
  folder->stream = opendir(copy);
  if (folder->stream == NULL) {
    (void)fail(error, "read the folder", path);
    free(folder);
    folder = NULL;
  }
done:
  return folder;
}

enum glc_code glc_folder_next(struct glc_folder *folder,
                              struct glc_bytes *name,
                              struct glc_error *error) {
  const struct dirent *entry;

  do {
    errno = 0;
    /* Its answers are the stream's own, and a stream is one thread's. */
    entry = readdir(folder->stream); /* NOLINT(concurrency-mt-unsafe) */
  } while (entry != NULL && (strcmp(entry->d_name, ".") == 0 ||
                             strcmp(entry->d_name, "..") == 0));
  *name = glc_bytes_of(entry != NULL ? entry->d_name : "");
  return entry != NULL || errno == 0
             ? GLC_OK
             : fail(error, "read", glc_bytes_of("the folder"));
}

void glc_folder_close(struct glc_folder *folder) {
  if (folder != NULL) {
    (void)closedir(folder->stream);
    free(folder);
  }
}
