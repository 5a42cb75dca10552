// SPDX-License-Identifier: MIT
/*
 * The robust mutexes that a thread has locked: a list in the program's memory, from mutex to mutex,
 * which the kernel knows for each thread (get_robust_list(2)) and walks when the thread ends. All
 * reads are validated: the list may lead anywhere.
 */
#ifndef DLPIN_SCAN_ROBUST_H
#define DLPIN_SCAN_ROBUST_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum robust_walk {
    ROBUST_WHOLE,   /* the list came to its end, or `visit` ended it */
    ROBUST_BROKEN,  /* it leads to memory that cannot be read, or does not end */
    ROBUST_UNKNOWN, /* the kernel cannot be asked, or does not answer */
};

struct robust_entry {
    uintptr_t node;  /* in the mutex, what the list leads to */
    uintptr_t futex; /* the word that is locked */
    bool is_pending; /* the thread is about to lock or to unlock it */
};

/* Calls `visit` for each, also for the one where the list breaks off, until it is true. */
typedef bool robust_visitor(const struct robust_entry *entry, void *data);
enum robust_walk robust_each(pid_t tid, robust_visitor *visit, void *data);

/* The same for a list whose head is known. */
enum robust_walk robust_each_from(uintptr_t head, robust_visitor *visit, void *data);

#endif
