// SPDX-License-Identifier: MIT
/* Changes that the listener (modules/modules.h) has not heard of yet. */
#ifndef DLPIN_MODULES_CHANGES_H
#define DLPIN_MODULES_CHANGES_H

#include "modules/modules.h"

void changes_init(module_listener *listener);

/* The module has a new state. Under the modules' lock. */
void change_note_locked(struct module *module, enum module_state state);

/* Tells the listener of every change that it has not heard of, other threads' included; returns
 * when it has. Takes the lock of changes, then the modules'. */
void changes_tell(void);

#endif
