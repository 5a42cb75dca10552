// SPDX-License-Identifier: MIT
/*
 * When memory is looked at, and where: unloads are noted, and looked at together where that loses
 * nothing. First comes a quick look (scan/filter.h); only where something was left behind is the
 * way to it found out (scan/walk.h), in a copy of the process while the program goes on, or, where
 * no copy can be had, in the process itself.
 *
 * In the same way, how much of the heap a module that was closed and stays mapped holds alone.
 *
 * All but scan_start and scan_note_unloaded: under the check lock, inside the guard.
 */
#ifndef DLPIN_SCAN_SCAN_H
#define DLPIN_SCAN_SCAN_H

#include "scan/walk.h"

enum scan_when {
    SCAN_AFTER_UNLOAD,
    SCAN_BEFORE_LOAD, /* a range may be used again now: then nobody can tell whose a word was */
    SCAN_AT_EVENT,
    SCAN_ON_REQUEST, /* to its end, whatever it costs */
    SCAN_AT_EXIT,
};

/* The process has started. */
void scan_start(void);

/* A module went. Takes a reference. Under the changes lock. */
void scan_note_unloaded(struct module *module);

/* A module was closed, and stays: what it retains is not known, and to be found out. It was opened
 * again: nobody asks any more. */
void scan_note_closed(struct module *module);
void scan_forget_closed(const struct module *module);

/* A word that pointed into this module, which went, is not where it was: it may be elsewhere. */
void scan_look_again(struct module *module);

/* Whether anything waits for being looked at, or a look is under way. Without a lock. */
bool scan_has_work(void);

bool scan_is_under_way(void);

/* What some unloads left behind was seen, and waits for the unloads that follow. */
bool scan_is_postponed(void);

/* The program waited so long for a scan or its results: its share of the program's time is bounded.
 */
void scan_cost(uint64_t nanoseconds);

/* Nanoseconds that may be waited for what is under way, or has begun just now. */
uint64_t scan_patience(enum scan_when when, bool begun_now);

/* Looks at what is due, if this is a good time, and finds that there is nothing, which `nothing` is
 * told, or begins a walk: true. */
typedef void scan_nothing(const struct ranges *ranges);
bool scan_run(enum scan_when when, scan_nothing *nothing);

/*
 * The same for what modules retain that were closed; true: the results wait. That is
 * a note: it never keeps a look at what was unloaded waiting, has a share of the program's time of
 * its own, and is given up where it takes long, unless somebody asks.
 */
bool scan_run_closed(enum scan_when when);

/*
 * What the last walk found, once, when it is over; waits for it for at most so many nanoseconds.
 * NULL: nothing (yet). scan_done gives it back; `told`: a result was worth telling. In an
 * incomplete walk what it did not reach may be missing. The program went on meanwhile, so each
 * result is to be confirmed.
 */
const struct walk *scan_results(uint64_t nanoseconds);
void scan_done(bool told);

/* No more than this for one walk at exit, whatever the options say. */
enum { SCAN_EXIT_SECONDS = 30 };

/* The image goes: what is under way is given up. */
void scan_stop(void);

/* In a fork child. */
void scan_fork_child(void);

/* What was not seen, for the report: numbers since the start. */
struct scan_gaps {
    unsigned reused;    /* modules whose range was used again before it was looked at */
    unsigned ran_out;   /* walks that a limit ended */
    unsigned died;      /* copies that did not come to their end */
    unsigned running;   /* threads whose stack could not be told */
    unsigned missed;    /* modules that found no place in the list */
    unsigned unread;    /* modules for which the mappings could not be read, or no room was left */
    unsigned no_memory; /* walks that had no memory for all that they found */
    unsigned overwritten;  /* walks that met a block whose end cannot be known */
    unsigned more;         /* results beyond what fits */
    bool sizes_unknown;    /* the allocator does not tell: blocks were not looked into */
    uint64_t mapped_bytes; /* of memory that is not malloc's, at most */
};

extern struct scan_gaps scan_gaps;

#endif
