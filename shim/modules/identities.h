// SPDX-License-Identifier: MIT
/*
 * Facts about a module across its loads: how often it was loaded, and whether a load left code
 * behind. Never given back, so that load numbers go on.
 *
 * Any phase. The functions without _locked take the modules' lock; they must not be called under
 * it.
 */
#ifndef DLPIN_MODULES_IDENTITIES_H
#define DLPIN_MODULES_IDENTITIES_H

#include "modules/modules.h"

/* The module's soname, else the last part of its path: its identity where the option alias= does
 * not give it another one. The string is the module's own. */
const char *identity_of(const struct module *module);

/* The number of this load: 1 for the first. Also 1 where there is no memory to remember it. Under
 * the modules' lock. */
uint32_t identity_next_load_locked(const char *name);

/* A load of this identity left something behind that still calls into it; and whether one did. */
void identity_note_left_code(const struct module *module);
bool identity_left_code(const struct module *module);

#endif
