// SPDX-License-Identifier: MIT
#include "base/action.h"
#include "base/compiler.h"
#include "base/sys.h"
#include "base/text.h"

#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__x86_64__)

enum { KERNEL_RESTORER = 0x04000000 }; /* SA_RESTORER, asm/signal.h */

extern HIDDEN void action_return(void); /* action_x86_64.S */

#endif

bool action_get(int signal, struct action *action)
{
    return sys_call(SYS_rt_sigaction, signal, NULL, action, sizeof action->mask) == 0;
}

/* A line of proc(5)'s status that is a set of signals; `unknown` where it cannot be read. */
static uint64_t read_set(const char *path, const char *name, uint64_t unknown)
{
    char text[4096];
    uint64_t set = 0;
    const char *line = sys_read_file(path, text, sizeof text) > 0 ? strstr(text, name) : NULL;
    if (!line)
        return unknown;
    for (line += strlen(name); *line && *line != '\n'; line++)
        set = set << 4 | (uint64_t)(*line <= '9' ? *line - '0' : *line - 'a' + 10);
    return set;
}

uint64_t action_caught(void)
{
    return read_set("/proc/self/status", "\nSigCgt:\t", UINT64_MAX);
}

uint64_t action_blocked(pid_t tid)
{
    struct text path = {0};
    text_printf(&path, "/proc/self/task/%d/status", tid);
    uint64_t set = read_set(text_string(&path), "\nSigBlk:\t", 0);
    text_free(&path);
    return set;
}

bool action_set(int signal, const struct action *action, struct action *before)
{
    return sys_call(SYS_rt_sigaction, signal, action, before, sizeof action->mask) == 0;
}

struct action action_for(void (*handler)(int signal, siginfo_t *info, void *context))
{
    struct action action = {.flags = SA_SIGINFO, .mask = UINT64_MAX};
    memcpy(&action.handler, &handler, sizeof handler);
#if defined(__x86_64__)
    action.flags |= KERNEL_RESTORER;
    action.restorer = action_return;
#endif
    return action;
}

uintptr_t action_handler(const struct action *action)
{
    bool is_one = action->handler != SIG_DFL && action->handler != SIG_IGN;
    return is_one ? (uintptr_t)action->handler : 0;
}

void action_name(int signal, char name[static ACTION_NAME_MAX])
{
    static const char *const names[] = {
        [SIGHUP] = "SIGHUP",       [SIGINT] = "SIGINT",       [SIGQUIT] = "SIGQUIT",
        [SIGILL] = "SIGILL",       [SIGTRAP] = "SIGTRAP",     [SIGABRT] = "SIGABRT",
        [SIGBUS] = "SIGBUS",       [SIGFPE] = "SIGFPE",       [SIGKILL] = "SIGKILL",
        [SIGUSR1] = "SIGUSR1",     [SIGSEGV] = "SIGSEGV",     [SIGUSR2] = "SIGUSR2",
        [SIGPIPE] = "SIGPIPE",     [SIGALRM] = "SIGALRM",     [SIGTERM] = "SIGTERM",
        [SIGSTKFLT] = "SIGSTKFLT", [SIGCHLD] = "SIGCHLD",     [SIGCONT] = "SIGCONT",
        [SIGSTOP] = "SIGSTOP",     [SIGTSTP] = "SIGTSTP",     [SIGTTIN] = "SIGTTIN",
        [SIGTTOU] = "SIGTTOU",     [SIGURG] = "SIGURG",       [SIGXCPU] = "SIGXCPU",
        [SIGXFSZ] = "SIGXFSZ",     [SIGVTALRM] = "SIGVTALRM", [SIGPROF] = "SIGPROF",
        [SIGWINCH] = "SIGWINCH",   [SIGIO] = "SIGIO",         [SIGPWR] = "SIGPWR",
        [SIGSYS] = "SIGSYS"};
    bool is_known = signal > 0 && (size_t)signal < ARRAY_SIZE(names) && names[signal];
    const char *base = is_known ? names[signal] : "SIGRTMIN";
    unsigned beyond = is_known ? 0 : (unsigned)(signal - ACTION_REALTIME);
    char more[] = {'+', (char)('0' + beyond / 10 % 10), (char)('0' + beyond % 10), '\0'};
    size_t length = strlen(base);
    memcpy(name, base, length + 1);
    if (beyond)
        memcpy(name + length, more, sizeof more);
}
