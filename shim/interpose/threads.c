// SPDX-License-Identifier: MIT
/*
 * Thread creation. The new thread runs a function of ours that calls the program's: so we see its
 * end by return, pthread_exit and cancellation (a cleanup handler of the kind that needs no
 * unwinding tables and no personality routine, so that the shim depends on libc alone).
 */
#include "interpose/real.h"
#include "lifecycle/check.h"
#include "lifecycle/request.h"
#include "lifecycle/start.h"
#include "registry/registrations.h"
#include "registry/threads.h"
#include "report/report.h"

typedef void *pthread_routine(void *);

static void begin(struct thread *thread)
{
    int saved_errno;
    if (!lifecycle_enter(&saved_errno))
        return;
    thread_begin(thread);
    guard_leave(saved_errno);
}

/* The creator notes it: the new thread may have little room there. Where libc is to make the stack,
 * its start is 0 less the size. */
static void note_stack(struct thread *thread, const pthread_attr_t *attributes)
{
    void *start;
    size_t size;
    int saved_errno;
    if (pthread_attr_getstack(attributes, &start, &size) != 0 ||
        (uintptr_t)start + size <= (uintptr_t)start || !lifecycle_enter(&saved_errno))
        return;
    thread->stack_start = (uintptr_t)start;
    thread->stack_end = (uintptr_t)start + size;
    registration_prepare(&(struct registration_request){
        .type = REGISTERED_THREAD_STACK, .identity = thread->serial, .data = (uintptr_t)start});
    guard_leave(saved_errno);
}

static void forget_own(const struct thread *thread)
{
    static const enum registration_type types[] = {REGISTERED_SIGNAL_STACK, REGISTERED_THREAD_STACK,
                                                   REGISTERED_LOCALE};
    for (unsigned i = 0; i < ARRAY_SIZE(types); i++)
        if (registrations_any(types[i]))
            registration_forget(types[i], thread->serial, false);
}

static void end(void *thread)
{
    int saved_errno;
    if (!lifecycle_enter(&saved_errno))
        return;
    thread_end(thread);
    forget_own(thread);
    if (report_has_open())
        lifecycle_resolve();
    guard_leave(saved_errno);
}

static void *run_pthread(void *data)
{
    struct thread *thread = data;
    pthread_routine *routine = (pthread_routine *)thread->start_routine;
    void *result;

    begin(thread);
    pthread_cleanup_push(end, thread);
    result = routine((void *)thread->argument);
    pthread_cleanup_pop(1);
    return result;
}

static int run_c11(void *data)
{
    struct thread *thread = data;
    thrd_start_t routine = (thrd_start_t)thread->start_routine;
    int result;

    begin(thread);
    pthread_cleanup_push(end, thread);
    result = routine((void *)thread->argument);
    pthread_cleanup_pop(1);
    return result;
}

static struct thread *prepare(uintptr_t routine, const void *argument)
{
    int saved_errno;
    if (!lifecycle_enter(&saved_errno))
        return NULL;
    struct thread *thread = thread_prepare(routine, (uintptr_t)argument);
    guard_leave(saved_errno);
    return thread;
}

static void abandon(struct thread *thread)
{
    int saved_errno;
    if (!lifecycle_enter(&saved_errno))
        return;
    forget_own(thread);
    thread_abandon(thread);
    guard_leave(saved_errno);
}

static bool is_detached(const pthread_attr_t *attributes)
{
    int state;
    return attributes && pthread_attr_getdetachstate(attributes, &state) == 0 &&
           state == PTHREAD_CREATE_DETACHED;
}

EXPORT int pthread_create(pthread_t *id, const pthread_attr_t *attributes, pthread_routine *routine,
                          void *argument)
{
    real_need(real_pthread_create);
    struct thread *thread = prepare((uintptr_t)routine, argument);
    if (!thread)
        return real_pthread_create(id, attributes, routine, argument);
    thread->detached = is_detached(attributes);
    if (attributes)
        note_stack(thread, attributes);
    int error = real_pthread_create(id, attributes, run_pthread, thread);
    if (error)
        abandon(thread);
    return error;
}

/* The first call sets libc's handler of the signal with which requests come, too: ours goes before
 * it again. */
EXPORT int pthread_cancel(pthread_t id)
{
    int saved_errno;
    real_need(real_pthread_cancel);
    int error = real_pthread_cancel(id);
    if (!lifecycle_enter(&saved_errno))
        return error;
    request_listen();
    guard_leave(saved_errno);
    return error;
}

static void note_detached(pthread_t id)
{
    int saved_errno;
    if (!lifecycle_enter(&saved_errno))
        return;
    thread_detached(id);
    guard_leave(saved_errno);
}

/* The handle may be another thread's as soon as the call returns. */
EXPORT int pthread_detach(pthread_t id)
{
    real_need(real_pthread_detach);
    note_detached(id);
    return real_pthread_detach(id);
}

EXPORT int thrd_detach(thrd_t id)
{
    real_need(real_thrd_detach);
    note_detached(id);
    return real_thrd_detach(id);
}

EXPORT int thrd_create(thrd_t *id, thrd_start_t routine, void *argument)
{
    real_need(real_thrd_create);
    struct thread *thread = prepare((uintptr_t)routine, argument);
    if (!thread)
        return real_thrd_create(id, routine, argument);
    int result = real_thrd_create(id, run_c11, thread);
    if (result != thrd_success)
        abandon(thread);
    return result;
}
