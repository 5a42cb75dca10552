// SPDX-License-Identifier: MIT
/*
 * Values that a deleted key left behind: heap blocks that live threads had for the key. No
 * destructor is called for them any more. The module may still free them from a list of its own, so
 * they are examined at each check, as long as a block of them is there.
 *
 * The list is under the registry lock; only one thread at a time changes it, under the check lock.
 * Inside the guard.
 */
#ifndef DLPIN_REGISTRY_LEFT_VALUES_H
#define DLPIN_REGISTRY_LEFT_VALUES_H

#include "registry/threads.h"

struct left_block {
    uintptr_t start, value; /* the value points to it or into it */
    uint32_t site;
    size_t size;
    pid_t tid;        /* the thread whose value it is */
    enum reach reach; /* as of the last check; under the check lock, too */
};

/* A deletion that left values behind. */
struct left_values {
    UT_hash_handle hh;
    uint32_t serial; /* of the deletion, never used again */
    uint32_t number; /* of the key */
    struct key was;
    struct stack *stack;  /* of the deletion */
    unsigned live;        /* so many keys were left then */
    bool before_exit;     /* exit() had not begun; false inside a dlclose, where nobody knows */
    unsigned count, room; /* blocks that are still there, at least one; and room for them */
    char thread_name[32]; /* of the first one; "": not known */
    struct left_block blocks[];
};

/* The calling thread has deleted a key; `deleted` has all but the blocks. If it left values behind,
 * they are noted, and `was` and `stack` are taken over: true. */
bool left_values_note(const struct left_values *deleted);

/* True if there are any. Without a lock. */
bool left_values_any(void);

/* Visits each deletion of which a block is still there, the oldest first; forgets the others. */
typedef void left_values_visitor(struct left_values *left, void *data);
void left_values_each_locked(left_values_visitor *visit, void *data);

/* NULL: no block that this deletion left behind is still there. */
const struct left_values *left_values_find_locked(uint32_t serial);

/* True if something else leads to each of the blocks. */
bool left_values_are_reached(const struct left_values *left);

#endif
