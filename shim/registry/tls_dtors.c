// SPDX-License-Identifier: MIT
#include "registry/tls_dtors.h"
#include "base/dropped.h"
#include "modules/tls_counts.h"
#include "registry/registry.h"

static _Atomic unsigned lists; /* one for each thread and module */

bool tls_dtors_any(void)
{
    return atomic_load(&lists) > 0;
}

static struct tls_dtors *find_locked(const struct thread *thread, const struct module *module)
{
    struct tls_dtors *dtors = thread->tls_dtors;
    while (dtors && dtors->module != module)
        dtors = dtors->next;
    return dtors;
}

static struct tls_dtors *make_locked(struct thread *thread, struct module *module,
                                     uintptr_t function, uintptr_t object)
{
    struct tls_dtors *dtors = arena_alloc(sizeof *dtors);
    if (!dtors)
        return NULL;
    dtors->module = module_ref(module);
    dtors->function = (struct frame){function, module_ref(modules_find(function))};
    dtors->object = object;
    dtors->next = thread->tls_dtors;
    thread->tls_dtors = dtors;
    atomic_fetch_add(&lists, 1);
    return dtors;
}

void tls_dtors_add(struct module *module, uintptr_t function, uintptr_t object)
{
    struct thread *thread = thread_self();
    modules_find_live(function); /* so that the list is right when it is looked up */
    if (!thread || !lock_acquire(&registry_lock)) {
        drop(DROP_THREAD);
        return;
    }
    struct tls_dtors *dtors = find_locked(thread, module);
    if (!dtors)
        dtors = make_locked(thread, module, function, object);
    if (dtors) {
        dtors->count++;
        atomic_fetch_add(&module->tls_pending, 1);
    }
    lock_release(&registry_lock);
    if (!dtors)
        drop(DROP_THREAD);
}

void tls_dtors_settle(void)
{
    if (!tls_dtors_any() || !lock_acquire(&registry_lock))
        return;
    for (const struct thread *thread = threads; thread; thread = thread->next)
        if (thread->tls_dtors)
            thread_is_gone(thread);
    lock_release(&registry_lock);
    threads_collect();
}

void tls_dtors_each(const struct module *module, tls_dtors_visitor *visit, void *data)
{
    if (!tls_dtors_any() || tls_counts_pending(module) == 0 || !lock_acquire(&registry_lock))
        return;
    for (const struct thread *thread = threads; thread; thread = thread->next) {
        const struct tls_dtors *dtors = find_locked(thread, module);
        if (dtors && !thread_is_gone(thread))
            visit(thread, dtors, data);
    }
    lock_release(&registry_lock);
}

void tls_dtors_free(struct tls_dtors *list)
{
    while (list) {
        struct tls_dtors *next = list->next;
        atomic_fetch_sub(&list->module->tls_pending, list->count);
        module_unref(list->module);
        module_unref(list->function.module);
        arena_free(list, sizeof *list);
        atomic_fetch_sub(&lists, 1);
        list = next;
    }
}
