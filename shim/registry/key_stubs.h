// SPDX-License-Identifier: MIT
/*
 * Which destructor of the program each of our own functions stands in for (interpose/key_stubs.h):
 * one place for each key that there can be.
 *
 * A place is taken before its key is made. libc may just be about to call the function of a key
 * that was deleted, so a place is taken again only after all others were.
 */
#ifndef DLPIN_REGISTRY_KEY_STUBS_H
#define DLPIN_REGISTRY_KEY_STUBS_H

#include "registry/keys.h"

struct key_stub {
    _Atomic bool taken;
    struct frame destructor; /* with a reference to its module */
    uint32_t key, generation;
};

extern struct key_stub key_stubs[KEYS_MAX];

/* Over the search for a free place. No other lock is taken under it. */
extern struct lock key_stubs_lock;

/* NULL: all are taken, or the lock cannot be had. The place still has what it had before. */
struct key_stub *key_stub_take(void);

/* The key with this number is deleted: its place is free. */
void key_stub_free(pthread_key_t key);

#endif
