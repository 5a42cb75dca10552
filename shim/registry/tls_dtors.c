// SPDX-License-Identifier: MIT
#include "registry/tls_dtors.h"
#include "base/dropped.h"
#include "modules/tls_counts.h"
#include "registry/registry.h"

void tls_dtors_add(struct module *module, uintptr_t function, uintptr_t object)
{
    struct thread *thread = thread_self();
    modules_find_live(function); /* so that the list is right when it is looked up */
    if (!thread || !lock_acquire(&registry_lock)) {
        drop(DROP_THREAD);
        return;
    }
    struct tls_dtors *dtors = tls_list_find_locked(thread, module);
    if (!dtors)
        dtors = tls_list_add_locked(thread, module, function, object);
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
            thread_has_ended(thread);
    lock_release(&registry_lock);
    threads_collect();
}

void tls_dtors_each(const struct module *module, tls_dtors_visitor *visit, void *data)
{
    if (!tls_dtors_any() || tls_counts_pending(module) == 0 || !lock_acquire(&registry_lock))
        return;
    for (const struct thread *thread = threads; thread; thread = thread->next) {
        const struct tls_dtors *dtors = tls_list_find_locked(thread, module);
        if (dtors && !thread_has_ended(thread))
            visit(thread, dtors, data);
    }
    lock_release(&registry_lock);
}
