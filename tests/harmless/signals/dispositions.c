// SPDX-License-Identifier: MIT
/*
 * "Same … signal dispositions as seen by the program": what sigaction, signal and their older kin
 * return for every signal, at the start, after the program's own changes, and after an unload.
 */
#include "../observe.h"

static void handle_signal(int number)
{
    (void)number;
}

static void handle_info(int number, siginfo_t *info, void *context)
{
    (void)number;
    (void)info;
    (void)context;
}

static const char *handler_name(const struct sigaction *action)
{
    if (action->sa_handler == SIG_DFL)
        return "default";
    if (action->sa_handler == SIG_IGN)
        return "ignored";
    if (action->sa_handler == handle_signal)
        return "own";
    if (action->sa_sigaction == handle_info)
        return "own with info";
    return where((void *)(uintptr_t)action->sa_handler);
}

static void say_all(const char *when)
{
    say("%s\n", when);
    for (int number = 1; number < 65; number++) {
        struct sigaction action;
        errno = 0;
        if (sigaction(number, NULL, &action) != 0) {
            say("  %d: %s\n", number, error_name(errno));
            continue;
        }
        int masked = 0;
        for (int other = 1; other < 65; other++)
            masked += sigismember(&action.sa_mask, other) == 1;
        if (action.sa_handler != SIG_DFL || action.sa_flags || masked)
            say("  %d: %s, flags %#x, %d masked\n", number, handler_name(&action),
                (unsigned)action.sa_flags & ~0x04000000U, masked);
    }
}

static const char *old_name(void (*old)(int))
{
    if (old == SIG_ERR)
        return error_name(errno);
    return old == SIG_DFL         ? "default"
           : old == SIG_IGN       ? "ignored"
           : old == handle_signal ? "own"
                                  : "?";
}

int main(void)
{
    say_all("at the start");
    for (int number = 1; number < 32; number++)
        say("signal(%d): %s\n", number, old_name(signal(number, handle_signal)));
    say_all("after signal");
    leave_something();
    say_all("after a plug-in");
    for (int number = 1; number < 32; number++) {
        struct sigaction action = {.sa_sigaction = handle_info,
                                   .sa_flags = SA_SIGINFO | SA_RESTART};
        struct sigaction old = {.sa_handler = SIG_ERR};
        sigfillset(&action.sa_mask);
        int result = sigaction(number, &action, &old);
        say("sigaction(%d): %d, %s, %#x\n", number, result, handler_name(&old),
            (unsigned)old.sa_flags & ~0x04000000U);
    }
    say_all("after sigaction");
    say("sysv_signal: %s\n", old_name(sysv_signal(SIGUSR1, SIG_IGN)));
    say("bsd_signal: %s\n", old_name(signal(SIGSEGV, SIG_IGN)));
    for (int number = 1; number < 32; number++)
        signal(number, SIG_DFL);
    say_all("all default again");
    leave_something();
    say_all("at the end");
    say("bad signals: %s", error_name(sigaction(65, NULL, NULL) ? errno : 0));
    say(" %s\n", old_name(signal(0, handle_signal)));
    return observe_status();
}
