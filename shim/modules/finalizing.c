// SPDX-License-Identifier: MIT
#include "modules/finalizing.h"

static _Atomic bool exiting;

/* Each with a reference. Under the modules' lock. */
enum { FEW_MAX = 64 };
struct few {
    unsigned count;
    struct module *list[FEW_MAX];
};

/* Modules that finalize in a dlclose that is not over (without room for one, all modules are
 * checked); and in one that is over since the last sync. */
static struct few finalizing, finalized;
static _Atomic bool more_finalize;

/* Once each: a destructor may finalize its module itself. False: there is no room. */
static bool add_to(struct few *few, struct module *module)
{
    for (unsigned i = 0; i < few->count; i++)
        if (few->list[i] == module)
            return true;
    if (few->count == FEW_MAX)
        return false;
    few->list[few->count++] = module_ref(module);
    return true;
}

static void empty(struct few *few)
{
    while (few->count > 0)
        module_unref(few->list[--few->count]);
}

unsigned finalized_count_locked(void)
{
    return finalized.count;
}

struct module *finalized_at_locked(unsigned index)
{
    return index < finalized.count ? finalized.list[index] : NULL;
}

void finalized_forget_locked(void)
{
    empty(&finalized);
}

static void note_finalizing(struct module *module)
{
    bool noted = false;
    if (lock_acquire(&modules_lock)) {
        noted = add_to(&finalizing, module);
        lock_release(&modules_lock);
    }
    if (!noted)
        atomic_store(&more_finalize, true);
}

void modules_finalized(uintptr_t dso_handle, int32_t tid)
{
    struct module *module = modules_find(dso_handle);
    if (!module || module->startup || atomic_load(&exiting))
        return;
    atomic_store(&module->finalizing_tid, tid);
    note_finalizing(module);
}

static int close_done(struct module *module, void *tid)
{
    int32_t expected = *(int32_t *)tid;
    if (atomic_load_explicit(&module->finalizing_tid, memory_order_relaxed) == expected)
        atomic_compare_exchange_strong(&module->finalizing_tid, &expected, FINALIZED);
    return 0;
}

/* Keeps those of other threads. */
static void close_done_locked(int32_t tid)
{
    unsigned kept = 0;
    for (unsigned i = 0; i < finalizing.count; i++) {
        struct module *module = finalizing.list[i];
        close_done(module, &tid);
        if (atomic_load(&module->finalizing_tid) != FINALIZED) {
            finalizing.list[kept++] = module;
            continue;
        }
        if (!module_is_unloaded(module))
            add_to(&finalized, module);
        module_unref(module);
    }
    finalizing.count = kept;
}

void modules_close_done(int32_t tid)
{
    if (atomic_load(&exiting))
        return;
    if (lock_acquire(&modules_lock)) {
        close_done_locked(tid);
        lock_release(&modules_lock);
    } else {
        atomic_store(&more_finalize, true);
    }
    if (atomic_load(&more_finalize))
        modules_each_mapped(close_done, &tid);
}

void finalizing_fork_child(void)
{
    empty(&finalizing);
    empty(&finalized);
    atomic_store(&more_finalize, false);
}

void modules_exiting(void)
{
    atomic_store(&exiting, true);
}
