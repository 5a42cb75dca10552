// SPDX-License-Identifier: MIT
/* Destructors of thread_local objects as the reason why a module stays mapped. */
#include "base/arena.h"
#include "modules/symbols.h"
#include "modules/tls_counts.h"
#include "registry/tls_dtors.h"
#include "rules/rules.h"

#include <string.h>

struct collection {
    struct holders *holders;
    unsigned expected, found; /* destructors */
};

static void add_thread(const struct thread *thread, const struct tls_dtors *dtors, void *data)
{
    struct collection *collection = data;
    struct holders *holders = collection->holders;
    unsigned left = collection->expected - collection->found;
    unsigned pending = dtors->count < left ? dtors->count : left;
    if (pending == 0)
        return; /* it has run its own: other threads have all pending ones */
    collection->found += pending;
    if (holders->count == HOLDERS_MAX) {
        holders->others++;
        return;
    }
    uintptr_t block = thread_tls_block(thread_dtv(thread), dtors->module);
    holders->list[holders->count++] = (struct holder){
        .reason = REASON_TLS_DESTRUCTOR,
        .tid = atomic_load(&thread->tid),
        .pending = pending,
        .function = dtors->function.pc,
        .function_module = module_ref(dtors->function.module),
        .object = dtors->object,
        .tls_offset = block && dtors->object >= block ? dtors->object - block : UINTPTR_MAX,
    };
}

/* The module stays although no destructor is pending: the threads have ended, and no dlclose came
 * since. */
static void add_ended(struct module *module, struct holders *holders)
{
    pid_t tid = atomic_load(&module->tls_thread);
    if (holders->count == 0 && tid != 0)
        holders->list[holders->count++] =
            (struct holder){.reason = REASON_TLS_DESTRUCTOR, .tid = tid};
}

static void name_parts(const struct module *module, struct holder *holder)
{
    char symbol[SYMBOL_MAX];
    uintptr_t start;
    thread_name(holder->tid, holder->thread_name);
    if (holder->tls_offset == UINTPTR_MAX ||
        !symbol_find_tls(module, holder->tls_offset, symbol, &start))
        return;
    holder->symbol = arena_strdup(symbol);
}

void rules_add_tls_holders(struct module *module, struct holders *holders)
{
    struct collection collection = {holders, tls_counts_pending(module), 0};
    unsigned first = holders->count;
    tls_dtors_each(module, add_thread, &collection);
    for (unsigned i = first; i < holders->count; i++)
        name_parts(module, &holders->list[i]);
    /* Destructors of threads from before a fork, or of threads that were not seen. */
    if (collection.found < collection.expected && holders->count < HOLDERS_MAX)
        holders->list[holders->count++] = (struct holder){
            .reason = REASON_TLS_DESTRUCTOR, .pending = collection.expected - collection.found};
    add_ended(module, holders);
}
