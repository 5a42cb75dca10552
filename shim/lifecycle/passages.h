// SPDX-License-Identifier: MIT
/*
 * Threads that execute code of modules: before an unmapping, code of the module that is about to be
 * unmapped; after it, code of those unloaded since the last time (WORK_STACKS of modules/agenda.h).
 *
 * Under the check lock, inside the guard.
 */
#ifndef DLPIN_LIFECYCLE_PASSAGES_H
#define DLPIN_LIFECYCLE_PASSAGES_H

#include "lifecycle/sink.h"
#include "modules/budget.h"
#include "modules/modules.h"

/* `destructors_ran`: the caller is inside the dlclose. A module that no thread was in when that
 * began is not searched for once more. */
void passages_check_closing(struct module *module, bool destructors_ran, struct sink *sink);

void passages_check_unloaded(enum moment moment, struct sink *sink);

#endif
