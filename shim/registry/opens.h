// SPDX-License-Identifier: MIT
/*
 * Who opened what: for each module that the program has handles of, the stacks of the dlopen calls
 * that gave them out.
 *
 * What came of a dlopen is seen only after it (modules/handles.h), so its stack is taken before and
 * noted here when that is known. Which of several handles a dlclose gave back nobody can say: they
 * are equal. So the stacks stay until the last one is given back.
 */
#ifndef DLPIN_REGISTRY_OPENS_H
#define DLPIN_REGISTRY_OPENS_H

#include "ownership/stack.h"

enum { OPENS_MAX = 8 };

struct open {
    uint64_t serial; /* never used again */
    struct stack *stack;
};

struct opens {
    unsigned total; /* calls since the program had no handle */
    unsigned count; /* of these, from the first, are here: */
    struct open list[OPENS_MAX];
};

/* The calling thread begins a dlopen of `file` (NULL: the program itself), with these flags: its
 * stack is kept until it is known what came of it. None of our locks may be held. */
void opens_begin(const char *file, int flags);

/*
 * Looks what was opened. Each module that was is noted for the dlopen that the calling thread
 * began, or for that of another thread which asked for its name; else for nobody: the C library
 * opens some by itself. `all`: see handles_each_opened. `reopened` is called for each that had been
 * closed and was still mapped, without locks, but not for one that opened itself. Takes the
 * loader's list lock; none of ours may be held.
 */
typedef void opens_reopened(struct module *module);
void opens_check(bool all, opens_reopened *reopened);

/* The module that asked for it, by the stack; NULL: none that is known. */
struct module *open_requester(const struct open *open);

/* True if only the module's own code has opened it since the program had no handle. Takes the
 * registry lock. */
bool opens_are_its_own(const struct module *module);

/* The last handle was given back. Takes the registry lock, as the next one does. */
void opens_forget(struct module *module);

void opens_module_unloaded(struct module *module);

/* True if a module that opened another one is unloaded. */
bool opens_requester_unloaded(void);

/* In a fork child, which has no other thread: what its parent opened is for that to close. */
void opens_fork_child(void);

#endif
