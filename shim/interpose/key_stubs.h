// SPDX-License-Identifier: MIT
/*
 * fix=guard for destructors of pthread keys: libc gets a function of ours in place of the
 * program's, which calls that one if the module that it was in is still there, and says so if not.
 *
 * A key's destructor is given the value alone, so there is one function for each of as many keys as
 * there can be. Which key is whose is noted when the key was made; a function is used again only
 * after all others were, because libc may just be about to call it for a key that was deleted.
 */
#ifndef DLPIN_INTERPOSE_KEY_STUBS_H
#define DLPIN_INTERPOSE_KEY_STUBS_H

#include <pthread.h>
#include <stdint.h>

typedef void key_destructor(void *value);

struct key_stub;

/* Returns the function to give libc in place of `destructor`; sets *slot, or NULL where there is
 * nothing to stand in for. Then, when the key was made or was not (0, or an error), key_stub_made;
 * `slot` may be NULL. */
key_destructor *key_stub_for(key_destructor *destructor, struct key_stub **slot);
void key_stub_made(struct key_stub *slot, const pthread_key_t *key, int error);

/* The key is being deleted. */
void key_stub_deleting(pthread_key_t key);

#endif
