// SPDX-License-Identifier: MIT
/* Functions of libc that start a thread later, in a function of the program (SIGEV_THREAD), or of
 * the kernel that send a signal with a pointer of the program. */
#include "interpose/real.h"
#include "interpose/registered_call.h"
#include "interpose/registering.h"

#include <errno.h>
#include <sys/stat.h>

static struct registration *prepare(enum registration_type type, const struct sigevent *event,
                                    uintptr_t caller)
{
    if (!event || event->sigev_notify == SIGEV_NONE)
        return NULL;
    bool calls = event->sigev_notify == SIGEV_THREAD;
    return registering_prepare(&(struct registration_request){
        .type = type,
        .functions = {calls ? (uintptr_t)event->sigev_notify_function : 0},
        .data = (uintptr_t)event->sigev_value.sival_ptr,
        .caller = caller,
    });
}

static void notify_kept(union sigval value)
{
    struct registered_call call = registered_call_kept(value.sival_ptr);
    value.sival_ptr = (void *)call.argument;
    if (call.function)
        ((void (*)(union sigval))call.function)(value);
}

/* With fix= it runs through us; `ours` is room for the structure that libc then gets. */
static struct sigevent *through_us(struct sigevent *event, const struct registration *registration,
                                   struct sigevent *ours)
{
    struct kept_call *call = registered_call_keep(registration);
    if (!call)
        return event;
    *ours = *event;
    ours->sigev_notify_function = notify_kept;
    ours->sigev_value.sival_ptr = call;
    return ours;
}

EXPORT int timer_create(clockid_t clock, struct sigevent *event, timer_t *timer)
{
    struct sigevent ours;
    REAL_LATE(timer_create);
    struct registration *registration = prepare(REGISTERED_TIMER, event, CALLER());
    int error = real_timer_create(clock, through_us(event, registration, &ours), timer);
    if (error)
        registering_failed(registration);
    else
        registering_done(registration, REGISTERED_TIMER, (uintptr_t)*timer);
    return error;
}

/* Before the real call: another timer may have the identity at once after it. */
EXPORT int timer_delete(timer_t timer)
{
    REAL_LATE(timer_delete);
    registering_forget(REGISTERED_TIMER, (uintptr_t)timer, false);
    return real_timer_delete(timer);
}

/* A queue has one notification for all processes and descriptors. */
EXPORT int mq_notify(mqd_t queue, const struct sigevent *event)
{
    struct stat file;
    struct sigevent ours;
    REAL_LATE(mq_notify);
    struct registration *registration = prepare(REGISTERED_QUEUE, event, CALLER());
    int error = real_mq_notify(queue, through_us((struct sigevent *)event, registration, &ours));
    int saved_errno = errno;
    if (error || fstat(queue, &file) != 0) {
        registering_failed(registration);
    } else {
        if (registration)
            registration->argument = (uintptr_t)queue;
        registering_done(registration, REGISTERED_QUEUE, file.st_ino);
    }
    errno = saved_errno;
    return error;
}

static void notify(union sigval value)
{
    struct registered_call call = registered_call_take(value.sival_ptr);
    value.sival_ptr = (void *)call.argument;
    if (call.function)
        ((void (*)(union sigval))call.function)(value);
}

/* libc calls the function once, however the requests end. It runs through us, so that we know when
 * it has run. libc may call it even where this call fails. Nobody is told of a signal's end. */
EXPORT int getaddrinfo_a(int mode, struct gaicb **list, int count, struct sigevent *event)
{
    REAL_LATE(getaddrinfo_a);
    struct registration *registration =
        mode == GAI_NOWAIT && event && event->sigev_notify == SIGEV_THREAD
            ? prepare(REGISTERED_LOOKUP, event, CALLER())
            : NULL;
    if (!registration)
        return real_getaddrinfo_a(mode, list, count, event);
    struct sigevent ours = *event;
    uint64_t serial = registration->serial;
    ours.sigev_notify_function = notify;
    ours.sigev_value.sival_ptr = registration;
    int error = real_getaddrinfo_a(mode, list, count, &ours);
    if (error)
        registering_mute(REGISTERED_LOOKUP, serial);
    return error;
}
