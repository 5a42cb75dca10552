// SPDX-License-Identifier: MIT
/*
 * System calls made directly, and which ones may be made.
 *
 * They pass through no function that the program, or we ourselves, interpose, and return what
 * syscall(2) returns, errno included.
 *
 * A seccomp filter may kill the program for a system call that it does not make itself. So there
 * are three states:
 *
 *  - There is no filter: every call is made. Before the first one in an event (base/guard.h) the
 *    kernel is asked for a filter, with PR_GET_SECCOMP.
 *  - There was a filter when the program started: it is for more programs than this one. Calls that
 *    most programs make are made; before any other one the caller asks calls_are_filtered.
 *  - A filter came later, or is about to come: no call is made any more, each fails with ENOSYS.
 *
 * Any thread, any phase, also in signal handlers.
 */
#ifndef DLPIN_BASE_CALLS_H
#define DLPIN_BASE_CALLS_H

#include <stdbool.h>

long calls_make(long number, long a, long b, long c, long d, long e, long f);

/* sys_call(SYS_close, fd): as syscall(2). */
#define sys_call(...) SYS_CALL_PADDED(__VA_ARGS__, 0, 0, 0, 0, 0, 0, 0)
#define SYS_CALL_PADDED(number, a, b, c, d, e, f, ...) \
    calls_make((long)(number), (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), (long)(f))

/* The same in any state: for calls that the program itself makes. Returns a negative errno where it
 * fails, and does not touch errno. */
long calls_pass(long number, long a, long b, long c, long d, long e, long f);

/* True where a system call that the program itself does not make may kill it. */
bool calls_are_filtered(void);

/* No call is made any more. */
bool calls_are_over(void);
void calls_end(void);

/* Calls `found` when there is a filter without an earlier calls_end; inside the guard or without
 * it, with any of our locks. */
void calls_watch(void (*found)(void));

/* The same as calls_end for a filter that is about to come where no report can be finished: calls
 * `found`, too. */
void calls_meet_filter(void);

#endif
