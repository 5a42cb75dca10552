// SPDX-License-Identifier: MIT
/* Changes that were not reported to the listener (modules/modules.h) yet. */
#ifndef DLPIN_MODULES_CHANGES_H
#define DLPIN_MODULES_CHANGES_H

#include "modules/modules.h"

void changes_init(module_listener *listener);

/* The module has a new state. Under the modules' lock. */
void change_note_locked(struct module *module, enum module_state state);

/* Reports these changes to the listener, those of other threads included; returns when all are
 * reported. Takes the lock of changes, then the modules'. */
void changes_report(void);

#endif
