// SPDX-License-Identifier: MIT
/*
 * The options fix= and prevent=: our interventions in the program, and their reports.
 *
 * Threads are never stopped, and nothing of the program's is written to. Inside the guard, without
 * our locks, unless it says otherwise.
 */
#ifndef DLPIN_LIFECYCLE_FIX_H
#define DLPIN_LIFECYCLE_FIX_H

#include "registry/keys.h"
#include "registry/registrations.h"
#include "rules/finding.h"

/* A finding was made: if a caller of the module's code is left, the module is kept from its next
 * load on. Under the check lock. */
void fix_note(const struct finding *finding);

/* A dlclose begins: modules that it may unmap and that are to stay, with a reference each. Returns
 * how many. `why` of each is told to fix_kept. */
struct fix_keep {
    struct module *module;
    enum kept why;
};
unsigned fix_to_keep(struct fix_keep *list, unsigned max);

/* The module is kept from now on; or could not be kept. */
void fix_kept(struct module *module, enum kept why);
void fix_failed(const struct module *module);

/* prevent=: a library was loaded for good; or, with what the loader says of it, was not. */
void fix_prevented(const void *handle);
void fix_not_prevented(const char *name, size_t length, const char *error);

/* A key's destructor was not called: its module is unloaded. */
void fix_skipped_destructor(uint32_t key, uint32_t generation, const struct frame *destructor);

/* The same of what was registered with the C library, with this serial number and data. */
void fix_skipped_registration(enum registration_type type, uint64_t serial, uintptr_t data,
                              const struct frame *function);

#endif
