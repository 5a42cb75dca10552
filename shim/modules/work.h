// SPDX-License-Identifier: MIT
/*
 * The kinds of deferred work, as bits of one set: work about modules (modules/agenda.h), and work
 * for the process as a whole.
 *
 * Any thread, without a lock.
 */
#ifndef DLPIN_MODULES_WORK_H
#define DLPIN_MODULES_WORK_H

#include <stdbool.h>

enum work {
    /* Of an unloaded module. */
    WORK_MEMORY = 1 << 0, /* memory was not scanned for it */
    WORK_WALK = 1 << 1,   /* something of it is left in memory, and not explained yet */
    WORK_UNSETTLED =
        1 << 2,           /* a word that pointed into it is not where it was; it may have moved */
    WORK_STACKS = 1 << 3, /* stacks were not searched for it */
    /* Of a mapped one. */
    WORK_RETAINED = 1 << 4, /* it was closed and stays: nobody knows what it retains */
    WORK_CLOSING = 1 << 5,  /* a dlclose of this thread closes it */
    /* Of the process. */
    WORK_UNSEEN = 1 << 6,        /* handlers and environment may have been set past us */
    WORK_REGISTRATIONS = 1 << 7, /* registrations may be left of a closed or unloaded module */
    WORK_RECORDS = 1 << 8,       /* records of modules are not written */

    WORK_SCAN = WORK_MEMORY | WORK_WALK | WORK_UNSETTLED,
};

/* Adds such work for the process. */
void work_note(unsigned works);

/* True if there was any such work of the process; there is none any more. */
bool work_take(unsigned works);

/* True if there is any, of modules or of the process. */
bool work_any(unsigned works);

/* For the agenda: what its list has; or has more. */
void work_list(unsigned works);
void work_list_more(unsigned works);

#endif
