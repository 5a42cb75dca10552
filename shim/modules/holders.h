// SPDX-License-Identifier: MIT
/*
 * Why the loader keeps a module mapped.
 *
 * glibc (elf/dl-close.c, _dl_close_worker) marks what is in use: objects with handles, those of the
 * program's start, those that are not to be deleted, those with pending thread_local destructors;
 * then what these need and what their symbols are bound to. Its marks are not there to be read; so
 * the same is found out here from what the objects show: the dynamic sections, and the words that
 * the loader has written where symbols were to be bound.
 *
 * A holder is only named if it would be there without the module that it holds: of two plug-ins
 * that need one another, neither is why the other stays.
 */
#ifndef DLPIN_MODULES_HOLDERS_H
#define DLPIN_MODULES_HOLDERS_H

#include "modules/modules.h"

enum { HOLDERS_MAX = 16 };

struct holder {
    enum reason reason;
    unsigned handles;      /* HANDLE: so many are left, */
    unsigned opens;        /* of so many dlopen calls, as far as is known */
    struct module *module; /* DEPENDENCY, RELOCATION: the holder; has a reference */
    bool dependency;       /* RELOCATION: the module needs the holder, and brought it */
    bool flag;             /* NODELETE: DF_1_NODELETE in the file; else RTLD_NODELETE at dlopen */
    /* TLS_DESTRUCTOR: the thread (0: not known), how many it has to run (0: none any more), and of
     * the first of these the function, the object, and where that lies in the thread's block. */
    int tid;
    unsigned pending;
    char thread_name[32];
    uintptr_t function;
    struct module *function_module; /* has a reference; NULL: none that is known */
    uintptr_t object, tls_offset;
    /* RELOCATION, UNIQUE_SYMBOL, TLS_DESTRUCTOR (the object): as in the file (mangled); or NULL. It
     * belongs to the list. */
    char *symbol;
};

struct holders {
    unsigned count;
    unsigned others; /* so many more that are not listed */
    struct holder list[HOLDERS_MAX];
};

/*
 * All reasons (of what was loaded with the program that one, which will do) but those that the
 * registries know (handles, destructors of threads, UNKNOWN). Takes the loader's list lock and
 * reads the relocations of every object: some milliseconds where there are hundreds. None of our
 * locks may be held.
 */
void holders_find(struct module *of, struct holders *found);

/* True if the loader never deletes the module, whoever closes it: for its own flag, that of a
 * dlopen (ours among them), or a unique symbol that something is bound to. Takes the loader's list
 * lock. */
bool holders_keep_for_good(struct module *module);

/* Takes references for its modules, and a copy of its symbol. */
void holders_add(struct holders *holders, const struct holder *holder);

void holders_release(struct holders *found);

#endif
