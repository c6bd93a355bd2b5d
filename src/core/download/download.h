/*
 * A large download on its way to the disk: the file that its parts are
 * written to, each to its place and hashed as it arrives, and the journal that
 * says after a crash what is there already. Both are one process's at a time.
 *
 * An object is for one thread at a time. None blocks for longer than a write
 * to the page cache takes, but for what is said to: what takes long is a task.
 */
#ifndef GLC_DOWNLOAD_H
#define GLC_DOWNLOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "../buffer.h"
#include "../error.h"

#pragma GCC visibility push(hidden)

/*
 * A journal: lines of text, each with a check value, so that what a crash
 * tore, or a file system filled with zeros, is not taken for a line.
 */
struct glc_journal;

enum { GLC_JOURNAL_TEXT_MAX = 64 * 1024 };

/*
 * Opens or makes the journal at `path` and locks it. NULL: GLC_LOCKED where
 * somebody has it (*holder: the process, or 0 where that is not known),
 * GLC_FILE where it is no regular file or the system refuses it.
 */
struct glc_journal *glc_journal_open(struct glc_bytes path, pid_t *holder,
                                     struct glc_error *error);

/* Gives the lock back; NULL is allowed. */
void glc_journal_close(struct glc_journal *journal);

/*
 * Reads line by line from *cursor (0 at first), which moves behind the line.
 * *text is borrowed until the next call; *found is false at the end. There
 * what is torn, or has a wrong check value, is cut off the file with all that
 * follows; *cut: how many bytes. GLC_FILE where it cannot be read or cut.
 */
enum glc_code glc_journal_next(struct glc_journal *journal, int64_t *cursor,
                               struct glc_bytes *text, bool *found,
                               int64_t *cut, struct glc_error *error);

/*
 * Appends a line by one write; with `synchronize` it is on the disk, too, when
 * this returns. A text with a line feed, or longer than GLC_JOURNAL_TEXT_MAX,
 * is GLC_INVALID. Where the system refuses it (GLC_FILE) nothing of it stays.
 */
enum glc_code glc_journal_append(struct glc_journal *journal,
                                 struct glc_bytes text, bool synchronize,
                                 struct glc_error *error);

/*
 * Replaces all lines by others, at once and on the disk when this returns;
 * the lock stays all the while. On failure the old ones stay.
 */
enum glc_code glc_journal_rewrite(struct glc_journal *journal,
                                  const struct glc_bytes *texts, size_t count,
                                  struct glc_error *error);

#pragma GCC visibility pop

#endif
