// SPDX-License-Identifier: MIT
/*
 * Live pthread keys: who made each, and where its destructor lies.
 *
 * key_created and key_deleted are called around the real functions, inside the guard, without our
 * locks. Reading a struct key takes the registry lock; a rule copies what it needs.
 */
#ifndef DLPIN_REGISTRY_KEYS_H
#define DLPIN_REGISTRY_KEYS_H

#include "ownership/stack.h"
#include "registry/registry.h"

#include <limits.h>
#include <pthread.h>

enum { KEYS_MAX = PTHREAD_KEYS_MAX };

struct key {
    uintptr_t sequence; /* libc's own number of this creation (0: it cannot be read) */
    /* Odd while the key is live; rises with each creation and deletion. 0: never seen. */
    _Atomic uint32_t generation;
    struct frame destructor;  /* pc 0: none */
    struct module *owner;     /* whose key it is; holds a reference, as do the others */
    struct module *maker;     /* the nearest module on the creating stack that is not a runtime */
    struct module *requester; /* the nearest module on the creating stack that is not common */
    struct module *library; /* a run-time library that keeps it in a variable of its own, or NULL */
    struct stack *stack;    /* NULL: it was made past us */
    bool ignored;           /* neither it nor its values are reported */
    /* After a deletion by another module than the owner, also when the number is another key's
     * again: */
    struct module *_Atomic robbed; /* the owner then */
    uint32_t robbery;              /* the finding's id */
};

extern struct key keys[KEYS_MAX];

/* No key with this number or a greater one was ever seen. Under the registry lock. */
extern uint32_t keys_end;

static inline bool key_is_live(uint32_t generation)
{
    return generation & 1;
}

static inline uint32_t key_generation(pthread_key_t key)
{
    return key < KEYS_MAX ? atomic_load_explicit(&keys[key].generation, memory_order_acquire) : 0;
}

/*
 * `variable` is where the program keeps the key: a key that is kept in a module's image is that
 * module's, whoever called the function. Otherwise it is the caller's: the nearest module that is
 * not a runtime.
 */
void key_created(pthread_key_t key, void (*destructor)(void *), const pthread_key_t *variable);

/* Moves the record of the deleted key to `was`: the caller owns it (key_release). */
void key_deleted(pthread_key_t key, struct key *was);

/* The key that was just deleted was `owner`'s, and `finding` says so. */
void key_robbed(pthread_key_t key, struct module *owner, uint32_t finding);

/* The robbed owner uses the key: the finding's id, once; else 0. */
uint32_t key_robbed_owner_calls(pthread_key_t key, const struct module *caller);

/*
 * Takes over from libc's own table what did not pass through us: keys that were made or deleted by
 * code that binds past any preload. Such a key has no stack, and no owner but its destructor's
 * module. Does nothing where libc does not show its table (__pthread_keys: glibc 2.34 and later).
 */
void keys_reconcile(void);

/* libc's table, or NULL. Set once, at the start. */
void keys_set_libc_table(const void *table);

/* Where it lies; 0, 0 where it is not known. */
void keys_libc_range(uintptr_t *start, uintptr_t *end);

/* Gives back what a struct key that was copied out holds. */
void key_release(struct key *was);

unsigned keys_live_locked(void);

#endif
