// SPDX-License-Identifier: MIT
#include "interpose/tasks.h"
#include "interpose/got.h"
#include "interpose/real.h"
#include "lifecycle/events.h"
#include "lifecycle/start.h"
#include "modules/surroundings.h"
#include "registry/tasks.h"

#include <string.h>

static __typeof__(pthread_getspecific) *real_getspecific;
static __typeof__(tss_get) *real_tss_get;

static _Atomic bool watched;
static _Atomic uint64_t patched_epoch;

static void note_read(pthread_key_t key, uintptr_t at)
{
    int saved_errno;
    if (!lifecycle_enter(&saved_errno))
        return;
    lifecycle_task_reads(key, at);
    guard_leave(saved_errno);
}

#define CALLER() ((uintptr_t)__builtin_return_address(0))

static void *read_pthread(pthread_key_t key)
{
    uintptr_t caller = CALLER();
    void *value = real_getspecific(key);
    if (unlikely(value && task_reads_stale(key)))
        note_read(key, caller);
    return value;
}

static void *read_c11(tss_t key)
{
    uintptr_t caller = CALLER();
    void *value = real_tss_get(key);
    if (unlikely(value && task_reads_stale(key)))
        note_read(key, caller);
    return value;
}

static bool find_change(const char *name, struct got_change *change)
{
    if (real_getspecific && !strcmp(name, "pthread_getspecific"))
        *change = (struct got_change){.from = (void *)real_getspecific, .to = (void *)read_pthread};
    else if (real_tss_get && !strcmp(name, "tss_get"))
        *change = (struct got_change){.from = (void *)real_tss_get, .to = (void *)read_c11};
    else
        return false;
    return true;
}

static bool any(const struct module *module)
{
    return true;
}

void tasks_watch_new_modules(void)
{
    if (!atomic_load_explicit(&watched, memory_order_relaxed))
        return;
    uint64_t epoch = atomic_load(&modules_epoch);
    uint64_t since = atomic_exchange(&patched_epoch, epoch);
    if (since < epoch)
        got_patch(since, epoch, any, find_change);
}

void tasks_watch(void)
{
    if (atomic_load_explicit(&watched, memory_order_relaxed))
        return;
    real_getspecific =
        (__typeof__(pthread_getspecific) *)surroundings_next_symbol("pthread_getspecific");
    real_tss_get = (__typeof__(tss_get) *)surroundings_next_symbol("tss_get");
    atomic_store(&watched, true);
    tasks_watch_new_modules();
}
