// SPDX-License-Identifier: MIT
/*
 * Common modules: code that allocates, makes keys and starts threads for others. A walk up a stack
 * to the module on whose behalf they act passes over them.
 *
 * A *runtime* module is a common one that is never an owner: its objects always belong to its
 * caller (libc, the loader, the C++ runtime, the shim). The others (libglib-2.0, libuv, …) also act
 * for themselves, and can be unloaded like anyone.
 */
#ifndef DLPIN_OWNERSHIP_COMMON_H
#define DLPIN_OWNERSHIP_COMMON_H

#include "modules/modules.h"

/* Sets module->common, runtime, loader, libc and cxx_library by its identity and the option
 * common=. Early. */
void common_classify(struct module *module);

/* fnmatch(3) for '*' and '?', without its locale. */
bool common_glob(const char *pattern, size_t length, const char *name);

/* True if the name matches a glob of this comma-separated list; NULL is an empty list. */
bool common_in_globs(const char *globs, const char *name);

#endif
