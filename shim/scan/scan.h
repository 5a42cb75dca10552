// SPDX-License-Identifier: MIT
/*
 * How memory is scanned for what unloaded modules left behind: first a quick pass (scan/filter.h);
 * only where something is left, a walk finds the retention path (scan/walk.h), in a copy of the
 * process while the program goes on, or, where no copy can be had or a walk is quicker, in the
 * process itself. A walk also finds how much of the heap a closed module that stays mapped holds
 * alone. When that is done, and how long the program waits for it, is a question for
 * modules/budget.h.
 *
 * Under the check lock, inside the guard.
 */
#ifndef DLPIN_SCAN_SCAN_H
#define DLPIN_SCAN_SCAN_H

#include "modules/budget.h"
#include "scan/walk.h"

/* A word that pointed into this unloaded module is not where it was: memory is scanned for it once
 * more. Not if something else lies, or lay, where the module was. Takes the changes lock; the
 * caller of the other one has it. */
void scan_repeat(struct module *module);
void scan_repeat_locked(struct module *module);

/* True if a scan is pending, or a walk is in progress. Without a lock. */
bool scan_has_work(void);

/* Scans for the unloaded modules of the agenda, if the budget allows it. If it finds nothing, it
 * calls `nothing`; else it begins a walk: true. */
typedef void scan_nothing(const struct ranges *ranges);
bool scan_run(enum moment moment, scan_nothing *nothing);

/* The same for what closed modules retain; true: the results are there. The result is only a note:
 * such a walk never delays a scan for unloaded modules, and ends where it takes longer than the
 * program waits. */
bool scan_run_closed(enum moment moment);

/* Nanoseconds that the program waits for the walk in progress; `begun`: it has begun just now. */
uint64_t scan_patience(enum moment moment, bool begun);

/*
 * Gives the results of the last walk once, when it is over; waits for it for at most so many
 * nanoseconds. NULL: none (yet). scan_done releases them; `is_reported`: a result was worth
 * reporting. An incomplete walk may miss some. The program ran meanwhile, so each result must be
 * confirmed.
 */
const struct walk *scan_results(uint64_t nanoseconds);
void scan_done(bool is_reported);

/* Gives up the walk in progress; scan_defer: until its turn comes again. */
void scan_stop(void);
void scan_defer(void);

/* In a fork child. */
void scan_fork_child(void);

/* Counts of gaps since the start, for the report. */
struct scan_gaps {
    unsigned reused;    /* modules whose range was used again before it was scanned */
    unsigned ran_out;   /* walks that a limit ended */
    unsigned died;      /* copies that did not come to their end */
    unsigned running;   /* threads of which nobody knows which part of the stack is used */
    unsigned unread;    /* modules for which the mappings could not be read, or no room was left */
    unsigned no_memory; /* walks that had no memory for all that they found */
    unsigned overwritten;  /* walks that met a block whose end cannot be known */
    unsigned more;         /* results beyond what fits */
    bool sizes_unknown;    /* the allocator does not say: blocks were not scanned */
    uint64_t mapped_bytes; /* of memory that is not malloc's, at most */
};

extern struct scan_gaps scan_gaps;

#endif
