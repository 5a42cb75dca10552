// SPDX-License-Identifier: MIT
/*
 * Modules that are named in records before they have a record of their own: most loads of a module
 * that is loaded again and again never get one (report/loads.h).
 *
 * Under the report lock, or in a copy of the process.
 */
#ifndef DLPIN_MODULES_NAMED_H
#define DLPIN_MODULES_NAMED_H

#include "modules/modules.h"

/* The number of the report file, for module.listed_in: a fork child has another. */
extern HIDDEN unsigned modules_listing;

static inline bool module_is_listed(const struct module *module)
{
    return module->listed_in == modules_listing;
}

/* A record names the module. */
void module_name(const struct module *module);

/* The next one that was named and is not listed, with a reference for the caller, or NULL. */
struct module *modules_take_named(void);

/* A new report file: no module is listed in it, and none is named. */
void modules_list_anew(void);

#endif
