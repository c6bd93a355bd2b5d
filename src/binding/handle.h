/*
 * Objects of C in the hands of Lua: check, call, push.
 *
 * Whatever asks Lua for memory may run a finalizer, which may use or close
 * any object. So a function takes the object's pointer after the last such
 * request, or it runs held (glc_hold), or it copies what it is to push into
 * memory of Lua's that was there before.
 */
#ifndef GLC_HANDLE_H
#define GLC_HANDLE_H

#include "compat.h"

#pragma GCC visibility push(hidden)

/* A kind of object. A static one: its address is its name in the registry. */
struct glc_type {
  const char *name; /* for messages */
  void (*destroy)(void *object);
  const luaL_Reg *methods;     /* NULL: none */
  const luaL_Reg *metamethods; /* but __gc and __index; NULL: no other */
};

/* What the userdata holds. */
struct glc_handle {
  void *object;  /* NULL: closed */
  unsigned busy; /* how many C functions use the object just now */
  bool closing;  /* closed for Lua; destroyed when none does any more */
  bool released; /* closed by glc_release: that it has ended is still known */
};

/*
 * Makes a type known to a Lua state. Its metatable is out of Lua's reach, its
 * finalizer is no method, and another build's objects are not of the type.
 */
void glc_new_type(lua_State *L, const struct glc_type *type);

/*
 * Pushes a new handle that is closed, so that whatever is acquired next, and
 * put into its `object`, is released.
 */
struct glc_handle *glc_new_handle(lua_State *L, const struct glc_type *type);

/* The object of a handle; raises for what is none, and for a closed one. */
void *glc_check_object(lua_State *L, int index, const struct glc_type *type);

/*
 * The same in two steps: the second one is short, for whoever has to take the
 * pointer again.
 */
struct glc_handle *glc_check_handle(lua_State *L, int index,
                                    const struct glc_type *type);
void *glc_open_object(lua_State *L, int index,
                      const struct glc_handle *handle);

/* As glc_check_object, but NULL for one that is closed. */
void *glc_find_object(lua_State *L, int index, const struct glc_type *type);

/* Pushes the metatable of a type that is known, nil for any other. */
void glc_push_metatable(lua_State *L, const struct glc_type *type);

/*
 * The method of the object at 1 that calls `body` with nothing else on the
 * stack and returns what it pushes. Closed meanwhile, the object stays until
 * the body has returned or raised.
 */
int glc_hold(lua_State *L, const struct glc_type *type, lua_CFunction body);

/* The method that closes the object at 1; closing twice is no error. */
int glc_close(lua_State *L, const struct glc_type *type);

/* As glc_close, for what may be asked afterwards whether it has ended. */
int glc_release(lua_State *L, const struct glc_type *type);

/* Whether glc_release has closed it; raises for what is no such handle. */
bool glc_is_released(lua_State *L, int index, const struct glc_type *type);

#pragma GCC visibility pop

#endif
