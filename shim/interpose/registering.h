// SPDX-License-Identifier: MIT
/*
 * What the interposed functions that register something with libc have in common
 * (registry/registrations.h). All of it may be called in any phase, and keeps errno.
 */
#ifndef DLPIN_INTERPOSE_REGISTERING_H
#define DLPIN_INTERPOSE_REGISTERING_H

#include "registry/registrations.h"

/* NULL: there is nothing to keep. */
struct registration *registering_prepare(const struct registration_request *request);

/* libc did not take it. */
void registering_failed(struct registration *registration);

/* libc has it, or something else instead of what it had: `registration` may be NULL. */
void registering_done(struct registration *registration, enum registration_type type,
                      uintptr_t identity);

/* Those with this identity are over; see registration_forget. */
bool registering_forget(enum registration_type type, uintptr_t identity, bool spare_gone);

void registering_mute(enum registration_type type, uint64_t serial);
void registering_finalized(const void *handle);

/*
 * For what runs through us, and once: the function and its argument as the program gave them. The
 * entry is over with this, unless the function is gone: then its finding stands, and with fix=
 * there is no function (0), and nothing is called.
 */
struct registered_call {
    uintptr_t function, argument;
};
struct registered_call registering_take(struct registration *registration);

/* The same where libc hands over no argument, but calls the last one first. */
struct registered_call registering_take_newest(enum registration_type type);

/* For what runs through us only with fix=, and any number of times, also after the entry is over:
 * so it stays for good. NULL: it is not to run through us. */
struct registered_guard *registering_guard(const struct registration *registration);
struct registered_call registering_guarded(const struct registered_guard *guard);

#define CALLER() ((uintptr_t)__builtin_return_address(0))

#endif
