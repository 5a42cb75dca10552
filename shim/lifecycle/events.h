// SPDX-License-Identifier: MIT
/* Events that make a finding at once, or end one: keys and tasks. Inside the guard, without any of
 * our locks. */
#ifndef DLPIN_LIFECYCLE_EVENTS_H
#define DLPIN_LIFECYCLE_EVENTS_H

#include "registry/keys.h"

/* The calling thread deleted a key. `was` is released here; `error` is what the call returned;
 * `caller` its return address, and `callee` our function that was called. */
void lifecycle_key_deleted(uint32_t number, struct key *was, int error, uintptr_t caller,
                           uintptr_t callee);

/* The calling code, at `pc`, uses a key. True: it was that module's, and another one has deleted
 * it. */
bool lifecycle_key_used(uint32_t number, uintptr_t pc);

/* A task of this thread ends, or reads what another one left, at this return address. */
void lifecycle_task_ends(void);
void lifecycle_task_reads(uint32_t key, uintptr_t at);

#endif
