// SPDX-License-Identifier: MIT
/*
 * The common part of the interposed functions that register something with libc
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

/* The registrations with this identity are over; see registration_forget. */
bool registering_forget(enum registration_type type, uintptr_t identity, bool spare_unloaded);

void registering_mute(enum registration_type type, uint64_t serial);
void registering_finalized(const void *handle);

#define CALLER() ((uintptr_t)__builtin_return_address(0))

#endif
