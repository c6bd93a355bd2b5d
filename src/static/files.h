/* The Lua files inside the static library; src/embed/embed.sh writes them. */
#ifndef GLC_FILES_H
#define GLC_FILES_H

#include <stddef.h>

#pragma GCC visibility push(hidden)

struct glc_file {
  const char *module; /* "glacier.host.luv"; NULL ends the list */
  const char *chunk;  /* how messages name it: "=glacier/host/luv.lua" */
  const unsigned char *source;
  size_t length;
};

extern const struct glc_file glc_files[];

#pragma GCC visibility pop

#endif
