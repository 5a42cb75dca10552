// SPDX-License-Identifier: MIT
/*
 * Signal dispositions as the kernel has them, by rt_sigaction(2) itself: libc's sigaction may be
 * interposed by the program, or by us.
 *
 * Any thread, any phase, async-signal-safe; errno may change.
 */
#ifndef DLPIN_BASE_ACTION_H
#define DLPIN_BASE_ACTION_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* The kernel's struct sigaction. */
struct action {
    void (*handler)(int);
    unsigned long flags;
    void (*restorer)(void);
    uint64_t mask;
};

/* The highest signal, and the first real-time signal that glibc leaves to programs. */
enum { ACTION_SIGNALS = 64, ACTION_REALTIME = 34 };

/* False: there is no such signal. */
bool action_get(int signal, struct action *action);

/* The signals that have a handler, signal 1 as bit 0, by /proc/self/status: three system calls
 * instead of one for each signal. All bits where that cannot be read. */
uint64_t action_caught(void);

/* The signals that a thread blocks, signal 1 as bit 0; none where that cannot be read. */
uint64_t action_blocked(pid_t tid);

/* `before` may be NULL. */
bool action_set(int signal, const struct action *action, struct action *before);

/* An action that calls `handler` on the thread's own stack and blocks all signals meanwhile. */
struct action action_for(void (*handler)(int signal, siginfo_t *info, void *context));

/* The handler's address; 0 where there is none (SIG_DFL, SIG_IGN). */
uintptr_t action_handler(const struct action *action);

/* "SIGSEGV", "SIGRTMIN+03". */
enum { ACTION_NAME_MAX = 24 };
void action_name(int signal, char name[static ACTION_NAME_MAX]);

#endif
