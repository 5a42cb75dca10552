// SPDX-License-Identifier: MIT
/*
 * The state of the process, on which every other file of lifecycle/ depends: the phase that the
 * shim is in, the number of the process that it watches, and how far its end has come.
 *
 * Any thread, without a lock, unless a function says otherwise.
 */
#ifndef DLPIN_LIFECYCLE_PROCESS_H
#define DLPIN_LIFECYCLE_PROCESS_H

#include "base/guard.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* EARLY: before the first event after libc has its environment; calls only pass through. INERT:
 * set-user-ID, confined, or nothing could be set up; calls pass through for good. */
enum phase { PHASE_EARLY, PHASE_STARTING, PHASE_ACTIVE, PHASE_INERT };

extern _Atomic int lifecycle_phase;

/* The process that is watched. */
extern _Atomic int lifecycle_pid;

static inline bool process_is_active(void)
{
    return atomic_load_explicit(&lifecycle_phase, memory_order_acquire) == PHASE_ACTIVE;
}

/* Enters the shim where it is active already: from a signal handler and the like. False: there is
 * nothing to do. */
static inline bool process_enter(int *saved_errno)
{
    return process_is_active() && guard_enter(saved_errno);
}

/* False in a vfork child and the like, whose calls are not the process's. */
bool lifecycle_is_own_process(void);

/* Where libc's exit() lies; once, at the start. 0, 0: not known. */
void process_set_exit_code(uintptr_t start, uintptr_t end);

/* A program that returns from main does not call our exit: its handlers, and the plug-ins that they
 * close, run below libc's. Searches the calling thread's stack for it until it was seen. Inside the
 * guard; takes the locks of the modules and of the report. */
void process_notice_exit(void);

bool process_exit_began(void);

/* The same, or exit is about to begin: the calling thread returns to nobody any more. */
bool process_exit_begins(void);

/* Notes that exit is about to begin; true at the first call. The next one: it has begun. */
bool process_set_exit_begins(void);
void process_set_exit_began(void);

/* In a fork child, which ends by itself. */
void process_fork_child(void);

#endif
