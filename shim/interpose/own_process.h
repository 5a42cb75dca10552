// SPDX-License-Identifier: MIT
/*
 * Enters the shim in the process itself only: a child of vfork or clone shares our memory, but its
 * calls are not the process's.
 */
#ifndef DLPIN_INTERPOSE_OWN_PROCESS_H
#define DLPIN_INTERPOSE_OWN_PROCESS_H

#include <stdbool.h>

/* lifecycle_enter; false also in another process. */
bool own_process_enter(int *saved_errno);

/* False: own_process_enter would fail. A handler on a small stack asks this first, and spends no
 * more than this call. */
bool own_process_may_enter(void);

/* Does work for the end of the process, if own_process_may_enter: on a stack of our own
 * (base/own_stack.h), unless there is next to nothing to do (lifecycle_ends_silently). */
void own_process_run(void (*work)(void *data), void *data);

#endif
