// SPDX-License-Identifier: MIT
/*
 * Modules that went and were not looked for yet. What finds no place, or whose range is used again
 * by now, is counted among the gaps (scan/scan.h).
 *
 * All but due_note and due_count: under the check lock; they take the changes lock.
 */
#ifndef DLPIN_SCAN_DUE_H
#define DLPIN_SCAN_DUE_H

#include "scan/ranges.h"

enum { DUE_MAX = RANGES_MAX };

/* Takes a reference. Under the changes lock. */
void due_note(struct module *module);

/* Again, though it was looked for: something of it may have moved. Not if something else is, or
 * was, where it lay. Takes a reference, and the changes lock. */
void due_note_again(struct module *module);

/* Without a lock. */
unsigned due_count(void);

/* All of them, each with its reference, for due_free or due_put_back. NULL: no memory, and they
 * stay. */
struct ranges *due_take(void);

/* They were looked for. */
void due_free(struct ranges *ranges);

/* Their turn comes again; before what has gone meanwhile. */
void due_put_back(struct ranges *ranges);

/* In a fork child: they are the parent's. */
void due_fork_child(void);

#endif
