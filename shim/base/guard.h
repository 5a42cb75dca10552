// SPDX-License-Identifier: MIT
/*
 * The state of the calling thread. Each entry into the shim reads it first: a thread may be inside
 * the shim already.
 *
 * Initial-exec TLS, so that reading it never allocates (a dynamic TLS block is malloc'ed on first
 * use, inside the malloc that asks).
 */
#ifndef DLPIN_BASE_GUARD_H
#define DLPIN_BASE_GUARD_H

#include "base/compiler.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>

struct interrupted;
struct thread;

struct guard {
    unsigned
        depth; /* > 0: the call comes from the shim itself, or from a signal handler above it */
    bool dlopen_pending;      /* this thread entered dlopen; its outcome is not checked yet */
    bool dlopen_deepbind;     /* with RTLD_DEEPBIND */
    unsigned dlclose_depth;   /* dlclose calls of this thread that have not returned */
    uintptr_t dlclose_stack;  /* where the stack of the outermost one's caller begins; 0: none is */
    uint32_t dlclose_clear;   /* number of the module that no thread was in when it began */
    bool dlclose_is_alone;    /* there was no other thread when the dlclose began, */
    uint64_t dlclose_threads; /* and so many had been seen */
    unsigned ignoring;        /* > 0: what this thread makes is not reported (dlpin.h) */
    bool unfiltered;          /* since it entered it, no seccomp filter was seen */
    bool in_fork;             /* this thread holds our locks, for the child to find them free */
    void *dlopen_caller;
    uint64_t dlopen_epoch; /* modules_epoch when it began */
    /* ownership/interrupted.h: while this thread serves a request in a signal handler; else NULL */
    const struct interrupted *interrupted;
    struct thread *self; /* registry/threads.h; NULL until something is noted for this thread */
};

extern HIDDEN __thread struct guard guard __attribute__((tls_model("initial-exec")));

/* Enters the shim: false where this thread is in it already, and the caller must then do nothing
 * but call the real function. Each guard_enter that returned true is followed by one guard_leave,
 * with the errno that was handed out here. */
static inline bool guard_enter(int *saved_errno)
{
    if (guard.depth)
        return false;
    guard.depth = 1;
    guard.unfiltered = false;
    *saved_errno = errno;
    return true;
}

static inline void guard_leave(int saved_errno)
{
    errno = saved_errno;
    guard.depth = 0;
}

#endif
