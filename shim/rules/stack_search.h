// SPDX-License-Identifier: MIT
/*
 * Searches the stacks of all threads of the process for return addresses into some modules.
 *
 * Where a thread's stack is in use is known where it waits in the kernel (scan/stacks.h). Most have
 * no word on it that lies in one of the modules, which is seen quickly; the others are unwound as
 * far as that is certain, and count if they stood still meanwhile. The arguments of the system call
 * are checked for addresses in the modules, too (scan/waits.h), and so is the list of its robust
 * mutexes.
 *
 * Under the check lock, inside the guard; takes the registry lock.
 */
#ifndef DLPIN_RULES_STACK_SEARCH_H
#define DLPIN_RULES_STACK_SEARCH_H

#include "rules/passages.h"
#include "rules/rules.h"
#include "scan/ranges.h"

struct stacks_search {
    const struct ranges *ranges; /* the modules */
    bool closing;                /* which are still mapped: the findings are pending */
    bool with_caller;            /* the calling thread counts */
    bool alone;                  /* there is no other */
    uintptr_t caller_stack;      /* where the caller's stack begins that counts; 0: not known */
    rules_known *known;
};

enum stacks_seen {
    STACKS_CLEAR,      /* no thread is in the modules */
    STACKS_OCCUPIED,   /* some are, and all were seen */
    STACKS_INCOMPLETE, /* some thread was not seen, because it ran */
};

enum stacks_seen rules_check_stacks(const struct stacks_search *search, rules_sink *sink,
                                    void *data);

/* Counts of threads that the search missed. */
struct stack_gaps {
    unsigned running;   /* threads that ran at each sample */
    unsigned elsewhere; /* threads on stacks that are not the ones they were given */
    unsigned missed;    /* threads for which there was no memory */
};
extern struct stack_gaps stack_gaps;

#endif
