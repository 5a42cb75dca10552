// SPDX-License-Identifier: MIT
/*
 * Defect: a function of this plug-in handles a signal, and still does when the plug-in is unloaded.
 *
 * Consequence: the next such signal jumps into unmapped memory.
 *
 * Report: signal-handler, dangling, error; with the stack of the call that set it. When the host
 * sets another disposition, the finding is resolved.
 *
 * Fix: tidy.c.
 */
#include "host.h"
#include "plugin.h"

#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static volatile sig_atomic_t seen;

static void on_signal(int number)
{
    seen = number;
}

static void on_info(int number, siginfo_t *info, void *context)
{
    (void)info;
    (void)context;
    seen = number;
}

ENTRY(start)
{
    struct sigaction action = {.sa_handler = on_signal};

    sigemptyset(&action.sa_mask);
    return sigaction(SIGUSR1, &action, NULL) == 0 ? 0 : -1;
}

ENTRY(start_info)
{
    struct sigaction action = {.sa_sigaction = on_info, .sa_flags = SA_SIGINFO | SA_RESTART};

    sigemptyset(&action.sa_mask);
    return sigaction(SIGUSR1, &action, NULL) == 0 ? 0 : -1;
}

/* By another name of the same function. */
int __sigaction(int number, const struct sigaction *action, struct sigaction *before);

ENTRY(start_underscore)
{
    struct sigaction action = {.sa_handler = on_signal};

    sigemptyset(&action.sa_mask);
    return __sigaction(SIGUSR1, &action, NULL) == 0 ? 0 : -1;
}

/* The older functions. */
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"

typedef void handler(int number);
handler *bsd_signal(int number, handler *function);

static int is_set(handler *before)
{
    return before == SIG_ERR ? -1 : 0;
}

ENTRY(start_signal)
{
    return is_set(signal(SIGUSR1, on_signal));
}

ENTRY(start_bsd)
{
    return is_set(bsd_signal(SIGUSR1, on_signal));
}

ENTRY(start_ssignal)
{
    return is_set(ssignal(SIGUSR1, on_signal));
}

ENTRY(start_sysv)
{
    return is_set(sysv_signal(SIGUSR1, on_signal));
}

ENTRY(start_sysv_underscore)
{
    return is_set(__sysv_signal(SIGUSR1, on_signal));
}

ENTRY(start_sigset)
{
    return is_set(sigset(SIGUSR1, on_signal));
}

/* The function stays, what it does to system calls is another thing. */
ENTRY(interrupt)
{
    return siginterrupt(SIGUSR1, 1);
}

/* No finding: nothing of the plug-in is called. */
ENTRY(ignore)
{
    return sigignore(SIGUSR1);
}

/* Past the C library: struct sigaction of the kernel. There is no stack then. */
static int set_raw(handler *function)
{
    struct {
        handler *function;
        unsigned long flags;
        void (*restorer)(void);
        unsigned long mask;
    } action = {.function = function};

    return syscall(SYS_rt_sigaction, SIGUSR1, &action, NULL, sizeof action.mask) == 0 ? 0 : -1;
}

ENTRY(start_raw)
{
    return set_raw(on_signal);
}

ENTRY(stop_raw)
{
    return set_raw(SIG_DFL);
}

ENTRY(start_two)
{
    return start() == 0 && signal(SIGUSR2, on_signal) != SIG_ERR ? 0 : -1;
}
