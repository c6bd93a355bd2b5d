/* The file that a download is written to, and who uses it. */
#ifndef GLC_PART_FILE_H
#define GLC_PART_FILE_H

#include "download.h"
#include "locked_file.h"

#pragma GCC visibility push(hidden)

/*
 * The descriptor, for a thread that works on the file: it stays open until
 * part_file_leave, whatever is closed meanwhile, and the lock with it for who
 * `writes`. Who only reads keeps nobody from the file once it is closed. -1
 * where the file is closed already, or is the parent process's.
 */
int part_file_enter(struct glc_part_file *file, bool writes);
void part_file_leave(struct glc_part_file *file, bool writes);

/* Whether it was closed by its owner; a user may have it open still. */
bool part_file_is_closed(struct glc_part_file *file);

/* The path and descriptor; the latter to be used by who has entered only. */
const struct locked_file *part_file_inside(const struct glc_part_file *file);

/* One more who keeps the file in memory, and one less. */
struct glc_part_file *part_file_keep(struct glc_part_file *file);
void part_file_drop(struct glc_part_file *file);

#pragma GCC visibility pop

#endif
