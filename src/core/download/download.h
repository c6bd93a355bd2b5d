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
#include "../receiver.h"
#include "../tree_hash.h"

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

/*
 * The part file. What is closed while a range or a task uses it is closed for
 * both: a range fails, a task ends as soon as it can; the lock is given back
 * when the last thread has left the file.
 */
struct glc_part_file;

/* As glc_journal_open. */
struct glc_part_file *glc_part_file_open(struct glc_bytes path, pid_t *holder,
                                         struct glc_error *error);
void glc_part_file_close(struct glc_part_file *file);

enum glc_code glc_part_file_size(struct glc_part_file *file, int64_t *size,
                                 struct glc_error *error);

/* How many bytes a user like us may write in the file system of a folder. */
enum glc_code glc_download_space(struct glc_bytes folder, uint64_t *bytes,
                                 struct glc_error *error);

/* What is done in a thread of its own. */
struct glc_task;

/* Whether it has ended; never waits. */
bool glc_task_done(struct glc_task *task);

/* How it has ended. Only of one that is done. */
enum glc_code glc_task_result(struct glc_task *task, struct glc_error *error);

/*
 * Lets go of a task and never waits: one that runs is cancelled, as far as
 * what it does can be, and frees itself. NULL is allowed.
 */
void glc_task_close(struct glc_task *task);

/*
 * Makes the file `size` bytes long and, with `reserve`, gives it its space on
 * the disk where the system can. GLC_FILE: the file system has no such large
 * files, or no such space, and the file is as long as before.
 */
struct glc_task *glc_part_file_allocate(struct glc_part_file *file,
                                        uint64_t size, bool reserve,
                                        struct glc_error *error);

/* A range of the file, and what is found out of it. */
struct glc_hashed_range {
  uint64_t first;
  uint64_t size;
  uint64_t hashed; /* less than the size where the file ends before */
  unsigned char root[GLC_SHA256_SIZE]; /* the tree hash of what was hashed */
  /* The hashes of its whole leaves, for glc_tree_state_read. */
  char *state;
  size_t state_size;
};

/* Hashes ranges from the file, on all cores; their results are ignored. */
struct glc_task *glc_part_file_hash(struct glc_part_file *file,
                                    const struct glc_hashed_range *ranges,
                                    size_t count, struct glc_error *error);

/* The results of such a task, once it is done; NULL for any other one. */
const struct glc_hashed_range *glc_task_ranges(struct glc_task *task,
                                               size_t *count);

/* False where the text is none that glc_task_ranges gave. */
bool glc_tree_state_read(struct glc_tree_state *state, struct glc_bytes text);

/*
 * Gives the file its name: synchronized, moved to `target`, and the folder
 * synchronized. GLC_FILE_EXISTS: something has the name, and `overwrite` is
 * not set.
 */
struct glc_task *glc_part_file_publish(struct glc_part_file *file,
                                       struct glc_bytes target,
                                       bool overwrite,
                                       struct glc_error *error);

/*
 * A range of the part file, whose bytes come in their order. They are written
 * and hashed by a thread behind a buffer, so that no disk holds up whoever
 * brings them; what that thread fails with is said by the calls that follow.
 */
struct glc_range;

enum { GLC_RANGE_LABEL_MAX = 200 };

struct glc_range_options {
  const struct glc_tree_state *hashed; /* go on behind it; NULL: nothing */
  struct glc_journal *journal;         /* NULL: none */
  struct glc_bytes label;
  size_t buffer; /* bytes, 128 KiB to 2 MiB; 0: 2 MiB */
};

/*
 * Of [first, first + size), which may be longer than the file. With a journal
 * each MiB that is whole is told there, once it is written: "LABEL LEAVES
 * ROOT", the number of MiB from `first` on and their tree hash. The range
 * keeps file and journal in memory.
 */
struct glc_range *glc_range_open(struct glc_part_file *file, uint64_t first,
                                 uint64_t size,
                                 const struct glc_range_options *options,
                                 struct glc_error *error);

/*
 * Takes all of the bytes, and waits for the disk where the buffer is full.
 * GLC_TOO_LARGE: there are more than the range has left; none is taken then.
 */
enum glc_code glc_range_write(struct glc_range *range, struct glc_bytes bytes,
                              struct glc_error *error);

/* How many bytes glc_range_write takes without waiting. */
size_t glc_range_room(struct glc_range *range);

/*
 * Whether all that was taken is written and hashed, or cannot be: then *code
 * and `error` tell. Never waits; asked again and again, it will be.
 */
bool glc_range_is_settled(struct glc_range *range, enum glc_code *code,
                          struct glc_error *error);

/* The offset in the file of the next byte. */
uint64_t glc_range_position(const struct glc_range *range);

/* The tree hash of all bytes so far; waits until they are written. */
enum glc_code glc_range_tree_hash(struct glc_range *range,
                                  unsigned char hash[GLC_SHA256_SIZE],
                                  struct glc_error *error);

/* From here on a write is a failure; what was taken before is still written. */
void glc_range_seal(struct glc_range *range);

/* Waits until all is written, or cannot be. */
void glc_range_finish(struct glc_range *range);

/* Waits until all is written; whoever keeps the range finds it closed. */
void glc_range_close(struct glc_range *range);

/*
 * As glc_range_close, and waits for nothing: what was taken is written after
 * that, unless the file is closed before.
 */
void glc_range_abandon(struct glc_range *range);

/* The range for whoever receives; closed meanwhile it takes no more. */
struct glc_receiver glc_range_receiver(struct glc_range *range);

#pragma GCC visibility pop

#endif
