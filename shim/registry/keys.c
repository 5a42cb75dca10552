// SPDX-License-Identifier: MIT
#include "registry/keys.h"
#include "base/dropped.h"
#include "base/guard.h"

struct lock registry_lock;
struct key keys[KEYS_MAX];
uint32_t keys_end;

/* The module whose image holds the variable: if that can be a subject, it is the owner. */
static void set_keeper(struct key *key, struct module *module)
{
    if (module && module->runtime)
        key->library = module_ref(module);
    else if (module)
        key->owner = module_ref(module);
}

static void release(struct key *key)
{
    module_unref(key->destructor.module);
    module_unref(key->owner);
    module_unref(key->maker);
    module_unref(key->requester);
    module_unref(key->library);
    module_unref(key->robbed);
    stack_free(key->stack);
}

/* nptl/descr.h: struct pthread_key_struct. A key is in use while its sequence number is odd. */
struct libc_key {
    uintptr_t sequence;
    void (*destructor)(void *);
};

static const struct libc_key *libc_keys;

void keys_set_libc_table(const void *table)
{
    libc_keys = table;
}

void keys_libc_range(uintptr_t *start, uintptr_t *end)
{
    *start = (uintptr_t)libc_keys;
    *end = libc_keys ? *start + KEYS_MAX * sizeof *libc_keys : 0;
}

static uintptr_t sequence_of(uint32_t number)
{
    return libc_keys ? __atomic_load_n(&libc_keys[number].sequence, __ATOMIC_ACQUIRE) : 0;
}

void key_created(pthread_key_t number, void (*destructor)(void *), const pthread_key_t *variable)
{
    if (destructor)
        modules_find_live((uintptr_t)destructor);
    struct key key = {.stack = stack_capture(REGISTRY_FRAMES), .ignored = guard.ignoring > 0};
    const struct frame *maker = stack_owner(key.stack);
    const struct frame *requester = stack_requester(key.stack, NULL);
    struct module *kept_in = modules_find_live((uintptr_t)variable);

    if (number >= KEYS_MAX || !lock_acquire(&registry_lock)) {
        stack_free(key.stack);
        drop(DROP_KEY);
        return;
    }
    if (destructor) {
        key.destructor = frame_at((uintptr_t)destructor);
        module_ref(key.destructor.module);
    }
    key.maker = module_ref(maker ? maker->module : NULL);
    set_keeper(&key, kept_in);
    if (!key.owner)
        key.owner = module_ref(key.maker);
    key.requester = module_ref(requester ? requester->module : NULL);
    key.generation = (atomic_load(&keys[number].generation) + 1) | 1;
    key.sequence = sequence_of(number);
    key.robbed = atomic_exchange(&keys[number].robbed, NULL);
    key.robbery = keys[number].robbery;
    release(&keys[number]);
    keys[number] = key;
    if (number >= keys_end)
        keys_end = number + 1;
    lock_release(&registry_lock);
}

/* A key that is made right now in another thread may be taken for one that passed us by: then
 * key_created comes for it in a moment, and replaces what is noted here. */
static void reconcile_locked(uint32_t number)
{
    uintptr_t sequence = sequence_of(number);
    uint32_t generation = atomic_load(&keys[number].generation);
    bool is_live = key_is_live((uint32_t)sequence), was_live = key_is_live(generation);
    void (*destructor)(void *) = libc_keys[number].destructor;
    if (is_live == was_live && (!is_live || sequence == keys[number].sequence))
        return;
    /* While another thread closes a module, the destructor's module is not certain: it is left to a
     * later check. */
    if (!was_live && atomic_load(&modules_closes) > (guard.dlclose_depth > 0))
        return;
    release(&keys[number]);
    keys[number] = (struct key){.generation = is_live ? (generation + 1) | 1 : generation + 1,
                                .sequence = sequence};
    if (!is_live || !destructor)
        return;
    keys[number].destructor = frame_at((uintptr_t)destructor);
    module_ref(keys[number].destructor.module);
    keys[number].owner = module_ref(keys[number].destructor.module);
}

void key_deleted(pthread_key_t number, struct key *was)
{
    *was = (struct key){0};
    if (number >= KEYS_MAX || !lock_acquire(&registry_lock)) {
        drop(DROP_KEY);
        return;
    }
    if (key_is_live(atomic_load(&keys[number].generation)) &&
        keys[number].sequence != sequence_of(number))
        reconcile_locked(number); /* deleted and made again past us */
    if (key_is_live(atomic_load(&keys[number].generation))) {
        *was = keys[number];
        keys[number] = (struct key){.generation = was->generation + 1};
        keys[number].robbed = atomic_exchange(&was->robbed, NULL);
        keys[number].robbery = was->robbery;
    }
    lock_release(&registry_lock);
}

/* libc gives out the lowest number that is free (nptl/pthread_key_create.c): after a number that
 * was never used, none was. */
static bool was_used(uint32_t number)
{
    return number < KEYS_MAX &&
           (number < keys_end || __atomic_load_n(&libc_keys[number].sequence, __ATOMIC_RELAXED));
}

void keys_reconcile(void)
{
    if (!libc_keys || !lock_acquire(&registry_lock))
        return;
    for (uint32_t i = 0; was_used(i); i++) {
        if (i == keys_end)
            keys_end++;
        reconcile_locked(i);
    }
    lock_release(&registry_lock);
}

void key_robbed(pthread_key_t number, struct module *owner, uint32_t finding)
{
    if (number >= KEYS_MAX || !lock_acquire(&registry_lock))
        return;
    module_unref(atomic_exchange(&keys[number].robbed, module_ref(owner)));
    keys[number].robbery = finding;
    lock_release(&registry_lock);
}

uint32_t key_robbed_owner_calls(pthread_key_t number, const struct module *caller)
{
    uint32_t finding = 0;
    if (!caller || number >= KEYS_MAX || atomic_load(&keys[number].robbed) != caller ||
        !lock_acquire(&registry_lock))
        return 0;
    if (atomic_load(&keys[number].robbed) == caller) {
        module_unref(atomic_exchange(&keys[number].robbed, NULL));
        finding = keys[number].robbery;
    }
    lock_release(&registry_lock);
    return finding;
}

void key_release(struct key *was)
{
    release(was);
    *was = (struct key){0};
}

unsigned keys_live_locked(void)
{
    unsigned live = 0;
    for (unsigned i = 0; i < keys_end; i++)
        live += key_is_live(atomic_load(&keys[i].generation));
    return live;
}
