// SPDX-License-Identifier: MIT
/* pthread keys and their C11 twins, which do not pass through them. */
#include "interpose/key_stubs.h"
#include "interpose/real.h"
#include "lifecycle/events.h"
#include "lifecycle/start.h"
#include "registry/tasks.h"

static void note_created(const pthread_key_t *key, key_destructor *destructor)
{
    int saved_errno;
    if (!lifecycle_enter(&saved_errno))
        return;
    key_created(*key, destructor, key);
    guard_leave(saved_errno);
}

/* Before the real call: the number may be another thread's key at once after it. */
static bool note_deleting(pthread_key_t key, struct key *was)
{
    int saved_errno;
    if (!lifecycle_enter(&saved_errno))
        return false;
    key_deleted(key, was);
    key_stub_deleting(key);
    guard_leave(saved_errno);
    return true;
}

static void note_deleted(pthread_key_t key, struct key *was, int error, uintptr_t caller,
                         uintptr_t callee)
{
    int saved_errno;
    if (!lifecycle_enter(&saved_errno))
        return;
    if (lifecycle_key_used(key, caller) && error)
        key_release(was);
    else
        lifecycle_key_deleted(key, was, error, caller, callee);
    guard_leave(saved_errno);
}

static void note_set(pthread_key_t key, const void *value, bool done, uint32_t site,
                     uintptr_t caller)
{
    int saved_errno;
    if (!lifecycle_enter(&saved_errno))
        return;
    if (done) {
        thread_set_value(key, value, site);
        task_value_set(key, value, site);
    }
    if (unlikely(key < KEYS_MAX && atomic_load_explicit(&keys[key].robbed, memory_order_relaxed)))
        lifecycle_key_used(key, caller);
    guard_leave(saved_errno);
}

#define CALLER() ((uintptr_t)__builtin_return_address(0))
#define VALUE_SITE(value) ((value) ? site_here(CALLER(), (uintptr_t)__builtin_dwarf_cfa()) : 0)

EXPORT int pthread_key_create(pthread_key_t *key, key_destructor *destructor)
{
    real_need(real_pthread_key_create);
    struct key_stub *taken;
    int error = real_pthread_key_create(key, key_stub_for(destructor, &taken));
    if (!error)
        note_created(key, destructor);
    key_stub_made(taken, key, error);
    return error;
}

EXPORT int __pthread_key_create(pthread_key_t *key, key_destructor *destructor)
{
    real_need(real___pthread_key_create);
    struct key_stub *taken;
    int error = real___pthread_key_create(key, key_stub_for(destructor, &taken));
    if (!error)
        note_created(key, destructor);
    key_stub_made(taken, key, error);
    return error;
}

EXPORT int tss_create(tss_t *key, tss_dtor_t destructor)
{
    real_need(real_tss_create);
    struct key_stub *taken;
    int result = real_tss_create(key, key_stub_for(destructor, &taken));
    if (result == thrd_success)
        note_created(key, destructor);
    key_stub_made(taken, key, result != thrd_success);
    return result;
}

EXPORT int pthread_key_delete(pthread_key_t key)
{
    struct key was;
    real_need(real_pthread_key_delete);
    bool noted = note_deleting(key, &was);
    int error = real_pthread_key_delete(key);
    if (noted)
        note_deleted(key, &was, error, CALLER(), (uintptr_t)pthread_key_delete);
    return error;
}

EXPORT void tss_delete(tss_t key)
{
    struct key was;
    real_need(real_tss_delete);
    bool noted = note_deleting(key, &was);
    real_tss_delete(key);
    if (noted)
        note_deleted(key, &was, 0, CALLER(), (uintptr_t)tss_delete);
}

EXPORT int pthread_setspecific(pthread_key_t key, const void *value)
{
    real_need(real_pthread_setspecific);
    int error = real_pthread_setspecific(key, value);
    note_set(key, value, !error, VALUE_SITE(value), CALLER());
    return error;
}

EXPORT int tss_set(tss_t key, void *value)
{
    real_need(real_tss_set);
    int result = real_tss_set(key, value);
    note_set(key, value, result == thrd_success, VALUE_SITE(value), CALLER());
    return result;
}
