// SPDX-License-Identifier: MIT
#include "interpose/deepbind.h"
#include "interpose/got.h"
#include "interpose/real.h"
#include "modules/modules.h"
#include "registry/keys.h"

#include <stdatomic.h>
#include <string.h>

enum { BUCKETS = 128 };

static _Atomic bool used;
static _Atomic uint64_t patched_epoch;

/* Chains of interposers whose names begin alike: numbers in the table and 1 more; 0: the end. */
static uint8_t first_of[BUCKETS], next_of[INTERPOSER_COUNT];

/* Our own functions. By the table's names from the symbols that we export: a reference to the name
 * may lead to the program's function. */
static void *ours[INTERPOSER_COUNT];

_Static_assert(INTERPOSER_COUNT < UINT8_MAX, "a number is a byte");

/* By the first letters, because every relocation asks. */
static unsigned bucket_of(const char *name)
{
    return name[0] ? ((unsigned char)name[0] * 7u + (unsigned char)name[1]) % BUCKETS : 0;
}

static void fill_tables(void)
{
    const struct module *shim = modules_find_live((uintptr_t)&used);
    for (unsigned i = 0; i < interposer_count; i++) {
        uint8_t *first = &first_of[bucket_of(interposers[i].name)];
        next_of[i] = *first;
        *first = (uint8_t)(i + 1);
        ours[i] = shim ? module_symbol(shim, interposers[i].name) : NULL;
    }
}

/* The first thread that comes here does this; others patch nothing before it is done. */
void deepbind_expect(void)
{
    static _Atomic bool begun;
    if (atomic_exchange(&begun, true))
        return;
    fill_tables();
    atomic_store(&used, true);
}

static const struct interposer *find_interposer(const char *name)
{
    for (unsigned i = first_of[bucket_of(name)]; i; i = next_of[i - 1])
        if (!strcmp(interposers[i - 1].name, name))
            return &interposers[i - 1];
    return NULL;
}

/* Another thread may run the module's code meanwhile: a block, key or stream that it makes through
 * us must not be given back past us. */
static bool releases(const struct interposer *row)
{
    static const char *const names[] = {"free",       "realloc",      "pthread_key_delete",
                                        "tss_delete", "timer_delete", "fclose"};
    for (unsigned i = 0; i < ARRAY_SIZE(names); i++)
        if (!strcmp(row->name, names[i]))
            return true;
    return false;
}

static bool change_to_ours(const struct interposer *row, struct got_change *change)
{
    *change = (struct got_change){.from = *row->real, .to = ours[row - interposers]};
    return change->to;
}

static bool find_release(const char *name, struct got_change *change)
{
    const struct interposer *row = find_interposer(name);
    return row && releases(row) && change_to_ours(row, change);
}

static bool find_change(const char *name, struct got_change *change)
{
    const struct interposer *row = find_interposer(name);
    return row && change_to_ours(row, change);
}

static bool came_later(const struct module *module)
{
    return !module->startup;
}

/*
 * Another thread may be in the middle of a dlopen: its module is in the list, and the loader has
 * yet to fill in its GOT. dladdr waits for that, as the call of the loader that brought us here
 * does; and unlike others it leaves dlerror alone.
 */
static void wait_for_loads(void)
{
    Dl_info unused;
    dladdr((void *)&used, &unused);
}

void deepbind_patch(void)
{
    if (!atomic_load_explicit(&used, memory_order_relaxed))
        return;
    uint64_t epoch = atomic_load(&modules_epoch);
    /* Two threads may patch the same entries: neither continues before all that it may call is
     * patched. */
    uint64_t since = atomic_load(&patched_epoch);
    if (since >= epoch)
        return;
    wait_for_loads();
    got_patch(since, epoch, came_later, find_release);
    got_patch(since, epoch, came_later, find_change);
    while (since < epoch && !atomic_compare_exchange_weak(&patched_epoch, &since, epoch))
        ;
    keys_reconcile();
}
