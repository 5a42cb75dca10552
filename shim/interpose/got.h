// SPDX-License-Identifier: MIT
/*
 * Pointers to functions that the loader has put into a module: the entries of its GOT for what it
 * calls in others. An entry is changed only while it holds the function that is to be replaced, or
 * where it is not bound yet.
 */
#ifndef DLPIN_INTERPOSE_GOT_H
#define DLPIN_INTERPOSE_GOT_H

#include "modules/modules.h"

struct got_change {
    const void *from;
    void *to;
    bool bound; /* an entry that is not bound yet stays */
};

/* False: the function of this name is to stay. */
typedef bool got_lookup(const char *name, struct got_change *change);

/* True: the module's entries are to be looked up. */
typedef bool got_chooser(const struct module *module);

/* Every entry of the modules that came after the epoch `since`, up to `until`, and are chosen.
 * Takes the loader's list lock: no module can be unloaded meanwhile, and pages are made writable by
 * one thread at a time. */
void got_patch(uint64_t since, uint64_t until, got_chooser *choose, got_lookup *lookup);

#endif
