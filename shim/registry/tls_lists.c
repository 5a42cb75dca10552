// SPDX-License-Identifier: MIT
#include "registry/tls_lists.h"

static _Atomic unsigned lists; /* one for each thread and module */

bool tls_dtors_any(void)
{
    return atomic_load(&lists) > 0;
}

struct tls_dtors *tls_list_find_locked(const struct thread *thread, const struct module *module)
{
    struct tls_dtors *dtors = thread->tls_dtors;
    while (dtors && dtors->module != module)
        dtors = dtors->next;
    return dtors;
}

struct tls_dtors *tls_list_add_locked(struct thread *thread, struct module *module,
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

void tls_lists_free(struct tls_dtors *list)
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
