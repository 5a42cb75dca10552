// SPDX-License-Identifier: MIT
#include "registry/key_stubs.h"

struct lock key_stubs_lock;
struct key_stub key_stubs[KEYS_MAX];
static unsigned next;

struct key_stub *key_stub_take(void)
{
    struct key_stub *found = NULL;
    if (!lock_acquire(&key_stubs_lock))
        return NULL;
    for (unsigned i = 0; i < KEYS_MAX && !found; i++) {
        struct key_stub *slot = &key_stubs[next++ % KEYS_MAX];
        if (!atomic_exchange(&slot->taken, true))
            found = slot;
    }
    lock_release(&key_stubs_lock);
    return found;
}

void key_stub_free(pthread_key_t key)
{
    for (unsigned i = 0; i < KEYS_MAX; i++)
        if (atomic_load(&key_stubs[i].taken) && key_stubs[i].key == key)
            atomic_store(&key_stubs[i].taken, false);
}
