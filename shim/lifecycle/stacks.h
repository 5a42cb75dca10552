// SPDX-License-Identifier: MIT
/*
 * When stacks are looked at: before an unmapping for threads in the module that is about to go, and
 * after it for threads in what went since the last look. Together that takes no more than a share
 * of the process's time: what went stays due until there is time, at the latest until the end.
 *
 * Under the check lock, inside the guard; stacks_note_unloaded under the lock of changes.
 */
#ifndef DLPIN_LIFECYCLE_STACKS_H
#define DLPIN_LIFECYCLE_STACKS_H

#include "lifecycle/sink.h"
#include "modules/modules.h"

void stacks_note_unloaded(struct module *module);

/* `destructors_ran`: the caller is inside the dlclose. A module that no thread was in when that
 * began is not looked at once more. */
void stacks_check_closing(struct module *module, bool destructors_ran, struct sink *sink);

void stacks_check_unloaded(struct sink *sink);

/* In a fork child: the other threads are not there. */
void stacks_fork_child(void);

#endif
