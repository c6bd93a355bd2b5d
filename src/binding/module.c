#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* dladdr */
#endif

#include "module.h"

#include <dlfcn.h>
#include <stddef.h>

/* Where they are in a library of their own, a host that loads us has it. */
#if defined(__ELF__)
#pragma weak dladdr
#pragma weak dlopen
#endif

/*
 * One more reference to the file that this variable is in, never given back.
 * Where there is no RTLD_NODELETE nothing is ever unloaded (musl), or nobody
 * knows. A program that holds us statically is not found by its name, nor is
 * it ever unloaded.
 */
static void pin(void) {
#if defined(RTLD_NODELETE) && defined(RTLD_NOLOAD)
  static const char here = 0;
  Dl_info info;

  if (dladdr != NULL && dlopen != NULL && dladdr(&here, &info) != 0 &&
      info.dli_fname != NULL) {
    (void)dlopen(info.dli_fname, RTLD_NOW | RTLD_NOLOAD | RTLD_NODELETE);
  }
#endif
}

void glc_module_open(lua_State *L) {
  glc_check_version(L);
  pin();
}
