// SPDX-License-Identifier: MIT
/*
 * State of libc and libstdc++ that names registered code and data: the environment, hooks that are
 * plain variables, streams, timers, queues. It is read at a check, so that no change needs to be
 * seen when it happens. It may change during the read: reads cannot fault.
 *
 * Where nothing else is said it may be called under the registry lock, and takes no lock, ours or
 * another's.
 */
#ifndef DLPIN_REGISTRY_LIBC_STATE_H
#define DLPIN_REGISTRY_LIBC_STATE_H

#include "registry/registrations.h"

/* The strings of the environment, until `visit` returns true; then true. */
typedef bool environment_visit(uintptr_t string, void *data);
bool environment_each(environment_visit *visit, void *data);
bool environment_has(uintptr_t string);

/* The value of a variable, up to size - 1 bytes of it; false where there is none. Unlike getenv it
 * reads past strings that are not there any more. */
bool environment_get(const char *name, char *value, size_t size);

/* Where the list of them lies. */
uintptr_t environment_list(void);

/* Handlers that are read: std::set_terminate and the like. `index` from 0; false: there is no such.
 * *function is 0 where it is not set, or not known. Under the registry lock. */
bool libc_handler_locked(unsigned index, const char **call, uintptr_t *function);

/* True if a word of libc's is there because it was registered, and is reported as a registration.
 * Takes the registry lock. */
bool libc_was_given(uintptr_t word, uintptr_t slot);

/* The same for a word in memory of the program's that libc works with: a request's control block.
 * Takes the registry lock. */
bool libc_works_with(uintptr_t slot);

/* True if libc still has it, as far as that shows without having seen it go. Under the registry
 * lock. */
bool registration_is_live(const struct registration *registration);

/* Notes what only the process itself can ask the kernel for, of timers and queues: a copy of the
 * process answers by that. Takes the registry lock. */
void registrations_note_kernel(void);

/* False where it is certain that the timer will not run off by itself. */
bool registration_is_armed(const struct registration *registration);

#endif
