#define _POSIX_C_SOURCE 200809L /* mkstemp, fsync, lstat, readlink */

#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "path.h"

enum { MAX_PATH = GLC_PATH_MAX, MAX_LINKS = 40 };

static bool write_all(int file, struct glc_bytes data) {
  while (data.length > 0) {
    ssize_t count = write(file, data.data, data.length);

    if (count >= 0) {
      data.data += count;
      data.length -= (size_t)count;
    } else if (errno != EINTR) {
      return false;
    }
  }
  return true;
}

/* Some file systems have nothing to synchronize with and answer EINVAL. */
static bool synchronize(int file) {
  return fsync(file) == 0 || errno == EINVAL;
}

/* mkstemp leaves the mode to the umask and the descriptor to children. */
static bool make_private(int file) {
  return fcntl(file, F_SETFD, FD_CLOEXEC) == 0 &&
         fchmod(file, S_IRUSR | S_IWUSR) == 0;
}

bool glc_file_is_special(struct glc_bytes path) {
  char name[MAX_PATH];
  struct stat status;

  return glc_path_copy(name, path) && stat(name, &status) == 0 &&
         !S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode);
}

enum glc_file_kind glc_file_kind_of(struct glc_bytes path) {
  char name[MAX_PATH];
  struct stat status;

  if (!glc_path_copy(name, path) || lstat(name, &status) != 0) {
    return GLC_FILE_NOTHING;
  } else if (S_ISLNK(status.st_mode) && stat(name, &status) != 0) {
    return GLC_FILE_DANGLING;
  } else if (S_ISDIR(status.st_mode)) {
    return GLC_FILE_FOLDER;
  }
  return S_ISREG(status.st_mode) ? GLC_FILE_REGULAR : GLC_FILE_SPECIAL;
}

int64_t glc_file_length(struct glc_bytes path) {
  char name[MAX_PATH];
  struct stat status;

  if (!glc_path_copy(name, path) || stat(name, &status) != 0 ||
      !S_ISREG(status.st_mode)) {
    return -1;
  }
  return (int64_t)status.st_size;
}

enum glc_code glc_file_check_folder(struct glc_bytes path,
                                    struct glc_error *error) {
  char name[MAX_PATH];
  char reason[80];
  struct stat status;

  if (!glc_path_copy(name, path)) {
    return glc_error_set(error, GLC_FILE, "the path cannot name a folder");
  }
  if (stat(name, &status) == 0) {
    errno = S_ISDIR(status.st_mode) ? 0 : ENOTDIR;
    if (errno == 0 && access(name, W_OK | X_OK) == 0) {
      return GLC_OK;
    }
  }
  glc_error_describe(errno, reason, sizeof reason);
  return glc_path_refusal(error, GLC_FILE, "write to the folder", path,
                          reason);
}

int glc_file_terminal(int file) {
  int columns = -1;

  if (isatty(file) == 1) {
    columns = 0;
#ifdef TIOCGWINSZ /* of no standard, and everywhere */
    struct winsize size;

    if (ioctl(file, TIOCGWINSZ, &size) == 0) {
      columns = size.ws_col;
    }
#endif
  }
  return columns;
}

/*
 * Puts what a symbolic link stands for into its place, link by link: whoever
 * opens the path writes there, even where nothing is there yet. False with
 * errno set where the links form a loop or a name is too long.
 */
static bool follow_links(char path[MAX_PATH]) {
  char target[MAX_PATH];
  ssize_t length;
  int links = 0;

  while ((length = readlink(path, target, sizeof target)) >= 0) {
    const char *slash = strrchr(path, '/');
    size_t folder = 0;

    if (target[0] != '/' && slash != NULL) {
      folder = (size_t)(slash - path) + 1;
    }
    if (++links > MAX_LINKS || folder + (size_t)length >= MAX_PATH) {
      errno = links > MAX_LINKS ? ELOOP : ENAMETOOLONG;
      return false;
    }
    memcpy(path + folder, target, (size_t)length);
    path[folder + (size_t)length] = '\0';
  }
  return true; /* EINVAL: no link; what else is wrong shows when it is used */
}

enum glc_code glc_file_replace(struct glc_bytes path, struct glc_bytes data,
                               struct glc_error *error) {
  static const char suffix[] = ".XXXXXX";
  char final[MAX_PATH], temporary[MAX_PATH + sizeof suffix];
  enum glc_code code = GLC_OK;
  bool exists = false;
  int file = -1, closed;

  if (!glc_path_copy(final, path)) {
    code = glc_error_set(error, GLC_INVALID, "the path cannot name a file");
    goto done;
  }
  if (!follow_links(final)) {
    code = glc_path_failure(error, "follow the link", path);
    goto done;
  }
  (void)snprintf(temporary, sizeof temporary, "%s%s", final, suffix);
  file = mkstemp(temporary);
  if (file < 0) {
    code = glc_path_failure(error, "write beside", path);
    goto done;
  }
  exists = true;
  if (!make_private(file) || !write_all(file, data) || !synchronize(file)) {
    code = glc_path_failure(error, "write", path);
    goto done;
  }
  closed = close(file);
  file = -1;
  if (closed != 0 || rename(temporary, final) != 0) {
    code = glc_path_failure(error, "replace", path);
    goto done;
  }
  exists = false;
done:
  if (file >= 0) {
    (void)close(file);
  }
  if (exists) {
    (void)unlink(temporary);
  }
  return code;
}

bool glc_file_exists(struct glc_bytes path) {
  char name[MAX_PATH];
  struct stat found;

  return glc_path_copy(name, path) && lstat(name, &found) == 0;
}

static bool synchronize_name(const char *name) {
  int file = open(name, O_RDONLY | O_CLOEXEC);
  bool done = file >= 0 && synchronize(file);

  if (file >= 0) {
    (void)close(file);
  }
  return done;
}

/* The folder is cut off `path` in place. Some cannot be opened: no matter. */
static void synchronize_folder(char path[MAX_PATH]) {
  char *slash = strrchr(path, '/');

  if (slash == NULL) {
    (void)synchronize_name(".");
  } else {
    slash[slash == path] = '\0';
    (void)synchronize_name(path);
  }
}

void glc_file_synchronize_folder(struct glc_bytes path) {
  char name[MAX_PATH];

  if (glc_path_copy(name, path)) {
    synchronize_folder(name);
  }
}

/* Not every file system has links: there somebody may come in between. */
static bool move_unless_there(const char *from, const char *to) {
  struct stat found;

  if (link(from, to) == 0) {
    return unlink(from) == 0;
  }
  if (errno == EEXIST) {
    return false;
  }
  if (lstat(to, &found) == 0) {
    errno = EEXIST;
    return false;
  }
  return rename(from, to) == 0;
}

static enum glc_code publishing_failure(struct glc_error *error,
                                        struct glc_bytes path) {
  const enum glc_code code = errno == EEXIST ? GLC_FILE_EXISTS : GLC_FILE;
  char reason[80];

  glc_error_describe(errno, reason, sizeof reason);
  return glc_path_refusal(error, code, "write", path, reason);
}

enum glc_code glc_file_publish(struct glc_bytes temporary,
                               struct glc_bytes path, bool overwrite,
                               struct glc_error *error) {
  char from[MAX_PATH], to[MAX_PATH];

  if (!glc_path_copy(from, temporary) || !glc_path_copy(to, path)) {
    return glc_error_set(error, GLC_FILE, "the path cannot name a file");
  }
  if (!synchronize_name(from) ||
      !(overwrite ? rename(from, to) == 0 : move_unless_there(from, to))) {
    return publishing_failure(error, path);
  }
  synchronize_folder(to);
  return GLC_OK;
}
