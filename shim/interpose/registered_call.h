// SPDX-License-Identifier: MIT
/* Functions that the program registered and that run through us. In any phase; keeps errno. */
#ifndef DLPIN_INTERPOSE_REGISTERED_CALL_H
#define DLPIN_INTERPOSE_REGISTERED_CALL_H

#include "registry/registrations.h"

/*
 * For a function that runs through us once: the function and its argument as the program gave them.
 * This ends the entry, unless the function is unloaded: then its finding stays, and with fix= the
 * function is 0, and nothing is called.
 */
struct registered_call {
    uintptr_t function, argument;
};
struct registered_call registered_call_take(struct registration *registration);

/* The same where libc hands over no argument, but calls the last one first. */
struct registered_call registered_call_take_newest(enum registration_type type);

/* For a function that runs through us only with fix=, any number of times, also after the entry has
 * ended: so the result is never released. NULL: it does not run through us. */
struct kept_call *registered_call_keep(const struct registration *registration);
struct registered_call registered_call_kept(const struct kept_call *call);

#endif
