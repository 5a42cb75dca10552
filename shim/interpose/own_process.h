// SPDX-License-Identifier: MIT
/*
 * Entering the shim for what only the process itself does: not a child of vfork or clone, which
 * shares our memory and whose doings are not ours.
 */
#ifndef DLPIN_INTERPOSE_OWN_PROCESS_H
#define DLPIN_INTERPOSE_OWN_PROCESS_H

#include <stdbool.h>

/* lifecycle_enter; false also in another process. */
bool own_process_enter(int *saved_errno);

/* Whether own_process_enter may succeed. Enters nothing: where the answer is no, a handler on a
 * small stack has spent no more than this call. */
bool own_process_may_enter(void);

/* Does the work on a stack of our own (base/own_stack.h), if own_process_may_enter. */
void own_process_run(void (*work)(void *data), void *data);

#endif
