/* Folders: made below others, looked for links, read. */
#ifndef GLC_FOLDER_H
#define GLC_FOLDER_H

#include <stdbool.h>
#include <stddef.h>

#include "buffer.h"
#include "error.h"

#pragma GCC visibility push(hidden)

/*
 * Makes a folder, and those above it that are not there. Links are followed.
 * GLC_FILE says why not.
 */
enum glc_code glc_folder_make(struct glc_bytes path, struct glc_error *error);

/*
 * The same below the folder `root`, which is there: of the parts of `path`
 * none may be a link, whoever puts one there meanwhile, nor "..". Names that
 * are new outlast a loss of power.
 */
enum glc_code glc_folder_make_below(struct glc_bytes root,
                                    struct glc_bytes path,
                                    struct glc_error *error);

/*
 * How many of the first bytes of `path`, below the folder `root`, name a link;
 * 0: none of its parts does. What is not there is none.
 */
size_t glc_folder_find_link(struct glc_bytes root, struct glc_bytes path);

/*
 * Puts the path of the folder that relative paths begin in into `path`, of
 * GLC_PATH_MAX bytes. GLC_FILE: it has none.
 */
enum glc_code glc_folder_current(char *path, struct glc_error *error);

struct glc_folder;

/* Opens a folder to read its names. NULL and an error (GLC_FILE,
 * GLC_NO_MEMORY) where it cannot be. */
struct glc_folder *glc_folder_open(struct glc_bytes path,
                                   struct glc_error *error);

/*
 * The next name but "." and "..", in no order; empty at the end. Borrowed until
 * the next call. GLC_FILE: the rest cannot be read.
 */
enum glc_code glc_folder_next(struct glc_folder *folder,
                              struct glc_bytes *name,
                              struct glc_error *error);

/* NULL is allowed. */
void glc_folder_close(struct glc_folder *folder);

#pragma GCC visibility pop

#endif
