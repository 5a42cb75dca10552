// SPDX-License-Identifier: MIT
/*
 * How memory is scanned for what unloaded modules left behind: first a quick pass (scan/filter.h);
 * only where something is left, a walk finds the way to it (scan/walk.h), in a copy of the process
 * while the program goes on, or, where no copy can be had or a walk is quicker, in the process
 * itself. In the same way, how much of the heap a module holds alone that was closed and stays
 * mapped. When that is done, and how long the program waits for it, is a question for
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
void scan_look_again(struct module *module);
void scan_look_again_locked(struct module *module);

/* True if anything is to be scanned, or a walk is under way. Without a lock. */
bool scan_has_work(void);

/* Scans for the unloaded modules of the agenda, if the budget allows it: finds that there is
 * nothing, which `nothing` is told, or begins a walk: true. */
typedef void scan_nothing(const struct ranges *ranges);
bool scan_run(enum moment moment, scan_nothing *nothing);

/* The same for what closed modules retain; true: the results are there. That is a note: it never
 * keeps a scan for unloaded modules waiting, and is given up where it takes longer than the program
 * waits. */
bool scan_run_closed(enum moment moment);

/* Nanoseconds that the program waits for the walk that is under way; `begun`: it has begun just
 * now. */
uint64_t scan_patience(enum moment moment, bool begun);

/*
 * What the last walk found, once, when it is over; waits for it for at most so many nanoseconds.
 * NULL: nothing (yet). scan_done gives it back; `told`: a result was worth reporting. In an
 * incomplete walk what it did not reach may be missing. The program went on meanwhile, so each
 * result is to be confirmed.
 */
const struct walk *scan_results(uint64_t nanoseconds);
void scan_done(bool told);

/* What is under way is given up; scan_put_off: until its turn comes again. */
void scan_stop(void);
void scan_put_off(void);

/* In a fork child. */
void scan_fork_child(void);

/* What was not seen, for the report: numbers since the start. */
struct scan_gaps {
    unsigned reused;    /* modules whose range was used again before it was scanned */
    unsigned ran_out;   /* walks that a limit ended */
    unsigned died;      /* copies that did not come to their end */
    unsigned running;   /* threads whose stack could not be told */
    unsigned unread;    /* modules for which the mappings could not be read, or no room was left */
    unsigned no_memory; /* walks that had no memory for all that they found */
    unsigned overwritten;  /* walks that met a block whose end cannot be known */
    unsigned more;         /* results beyond what fits */
    bool sizes_unknown;    /* the allocator does not tell: blocks were not looked into */
    uint64_t mapped_bytes; /* of memory that is not malloc's, at most */
};

extern struct scan_gaps scan_gaps;

#endif
