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
};

/* False: the function of this name is to stay. */
typedef bool got_lookup(const char *name, struct got_change *change);

/* Every entry of the module. It must be mapped, and stay so meanwhile. Takes the check lock: pages
 * are made writable for a moment, and two at once would be in each other's way. */
void got_patch(const struct module *module, got_lookup *lookup);

#endif
