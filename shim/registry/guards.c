// SPDX-License-Identifier: MIT
#include "registry/guards.h"

struct lock guards_lock;
struct key_guard key_guards[KEYS_MAX];
static unsigned next;

struct key_guard *guards_take(void)
{
    struct key_guard *found = NULL;
    if (!lock_acquire(&guards_lock))
        return NULL;
    for (unsigned i = 0; i < KEYS_MAX && !found; i++) {
        struct key_guard *slot = &key_guards[next++ % KEYS_MAX];
        if (!atomic_exchange(&slot->taken, true))
            found = slot;
    }
    lock_release(&guards_lock);
    return found;
}

void guards_free(pthread_key_t key)
{
    for (unsigned i = 0; i < KEYS_MAX; i++)
        if (atomic_load(&key_guards[i].taken) && key_guards[i].key == key)
            atomic_store(&key_guards[i].taken, false);
}
