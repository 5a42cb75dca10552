// SPDX-License-Identifier: MIT
#include "lifecycle/crash.h"
#include "base/clock.h"
#include "base/own_stack.h"
#include "base/sys.h"
#include "lifecycle/process.h"
#include "registry/signals.h"
#include "scan/memory.h"
#include "scan/stacks.h"

#include <string.h>
#include <sys/syscall.h>
#include <ucontext.h>

enum {
    PAUSE_US = 1000,
    PATIENCE = 5000, /* pauses, for another thread that is about to report why it dies */
};

/* The signals of a crash into an unloaded module, and those with which code ends a process that
 * finds an error: the latter matter where the program handles crashes itself. */
static const int watched[] = {SIGSEGV, SIGBUS, SIGILL, SIGABRT, SIGFPE, SIGTRAP};
enum { CRASHES = 3, WATCHED = ARRAY_SIZE(watched) };

static _Atomic bool listening;
static struct action before[WATCHED]; /* the dispositions that ours replace, with their flags */

static void on_crash(int number, siginfo_t *info, void *context);

static bool is_ours(const struct action *action)
{
    struct action ours = action_for(on_crash);
    return action->handler == ours.handler;
}

static bool is_sent(const siginfo_t *info)
{
    return info->si_code <= 0;
}

void crash_ending(enum crash_end end)
{
    if (atomic_load(&listening))
        dying_ends(end);
}

/* True for signals that end the process where they have no handler. */
static bool kills_by_default(int number)
{
    static const int others[] = {SIGCHLD, SIGCONT, SIGSTOP, SIGTSTP,
                                 SIGTTIN, SIGTTOU, SIGURG,  SIGWINCH};
    for (unsigned i = 0; i < ARRAY_SIZE(others); i++)
        if (others[i] == number)
            return false;
    return number > 0;
}

static bool is_taken(uint64_t blocked, int number)
{
    return !(blocked >> (number - 1) & 1);
}

/* True if a thread takes the signal at once. */
static bool any_takes(int number)
{
    enum { THREADS_MAX = 256 };
    pid_t tids[THREADS_MAX];
    bool complete, any = is_taken(sys_blocked_signals(), number);
    size_t count = any ? 0 : stack_threads(tids, THREADS_MAX, &complete);
    for (size_t i = 0; i < count && !any; i++)
        any = is_taken(action_blocked(tids[i]), number);
    return any;
}

/* Our handler has nothing left to report then, and would need room on the stack. */
static void dying_of(int number)
{
    crash_ending(CRASH_END_SIGNAL);
    if (dying_is_reported())
        crash_step_aside(number);
}

bool crash_sends_end(int number)
{
    struct action action;
    return atomic_load(&listening) && kills_by_default(number) && action_get(number, &action) &&
           (action.handler == SIG_DFL || is_ours(&action));
}

void crash_sending(int number, pid_t tid)
{
    bool is_others = tid > 0 && !sys_thread_alive(tid); /* of another process */
    bool takes = tid ? !is_others && is_taken(action_blocked(tid), number) : any_takes(number);
    if (takes)
        dying_of(number);
}

void crash_aborting(void)
{
    dying_of(SIGABRT);
}

void crash_sent(int number)
{
    crash_listen_again(number);
}

/* On a stack of ours: the thread's may be small. */
static void report_here(void *data)
{
    const struct delivery *delivery = data;
    int saved_errno;
    if (!process_enter(&saved_errno))
        return;
    dying_report(*delivery);
    guard_leave(saved_errno);
}

/* The first thread that crashes reports. The others wait for it, because the first one that goes on
 * ends them all. */
static bool is_first(void)
{
    static _Atomic pid_t dying;
    pid_t self = sys_gettid(), other = 0;
    if (atomic_compare_exchange_strong(&dying, &other, self))
        return true;
    for (unsigned i = 0; i < PATIENCE && other != self && sys_thread_alive(other); i++)
        clock_pause_us(PAUSE_US);
    return false;
}

/* True if the kernel does not send this signal again when the thread goes on: nothing has failed,
 * or the instruction is done. */
static bool would_be_lost(const siginfo_t *info)
{
    return is_sent(info) || info->si_code == SI_KERNEL || info->si_signo == SIGTRAP;
}

/* Under a filter that came without our knowing: a blocked signal that the kernel must send ends the
 * process as SIG_DFL does, and needs no system call but the handler's return. */
static void die_on_return(int number, ucontext_t *context)
{
    sigaddset(&context->uc_sigmask, number);
}

/* A handler that was set past us and calls ours, as the one that was there before it, would be
 * called for ever. */
static void put_back(int number)
{
    for (unsigned i = 0; i < WATCHED; i++)
        if (watched[i] == number)
            action_set(number, &before[i], NULL);
}

static void go_on_to_die(int number, const siginfo_t *info, ucontext_t *context)
{
    if (calls_are_over() && !is_sent(info)) {
        die_on_return(number, context);
        return;
    }
    put_back(number);
    if (would_be_lost(info))
        sys_call(SYS_rt_tgsigqueueinfo, (pid_t)sys_call(SYS_getpid), sys_gettid(), number, info);
}

static void on_crash(int number, siginfo_t *info, void *context)
{
    int errno_before = errno;
    struct delivery delivery = {.info = *info, .context = context};
    if (!guard.in_fork && !guard.depth && lifecycle_is_own_process() && is_first())
        own_stack_run(report_here, &delivery);
    go_on_to_die(number, info, context);
    errno = errno_before;
}

/* True if a handler of the program for a crash may be running: then there is one, or it has reset
 * itself and its signal is blocked. */
static bool may_be_handling(void)
{
    struct action now;
    uint64_t blocked = sys_blocked_signals();
    for (unsigned i = 0; i < WATCHED; i++)
        if (blocked >> (watched[i] - 1) & 1 ||
            (action_get(watched[i], &now) && action_handler(&now) && !is_ours(&now)))
            return true;
    return false;
}

void crash_fork_child(void)
{
    dying_fork_child(atomic_load(&listening) && may_be_handling());
}

/* A handler in an unloaded module: the signal kills the process before any code of it runs. */
static bool is_left(const struct action *action)
{
    uintptr_t handler = action_handler(action);
    struct module *module =
        handler && !memory_is_mapped(handler, handler + 1) ? modules_find_last(handler) : NULL;
    module_unref(module);
    return module;
}

static bool may_stand_in(const struct action *action, bool also_left)
{
    return action->handler == SIG_DFL || (also_left && is_left(action));
}

/* `also_left`: for a handler of an unloaded module, too. Then without any of our locks. */
static void listen_to(unsigned which, bool also_left)
{
    struct action now, ours = action_for(on_crash);
    if (!action_get(watched[which], &now) || !may_stand_in(&now, also_left))
        return;
    before[which] = now;
    signals_stand_in(watched[which], action_handler(&now));
    /* Another thread may have set one meanwhile. */
    bool is_set = action_set(watched[which], &ours, &now);
    if (is_set && now.handler != before[which].handler && !is_ours(&now))
        action_set(watched[which], &now, NULL);
}

static bool program_handles_crashes(void)
{
    struct action now;
    for (unsigned i = 0; i < CRASHES; i++)
        if (action_get(watched[i], &now) && action_handler(&now) && !is_ours(&now))
            return true;
    return false;
}

static void listen_to_all(bool also_left)
{
    unsigned end = program_handles_crashes() ? WATCHED : CRASHES;
    for (unsigned i = 0; i < end; i++)
        listen_to(i, also_left);
}

void crash_listen(void)
{
    if (atomic_load(&listening) || calls_are_filtered() || atomic_exchange(&listening, true))
        return;
    signals_set_own(on_crash);
    listen_to_all(false);
}

void crash_listen_again(int number)
{
    for (unsigned i = 0; i < WATCHED && atomic_load(&listening); i++)
        if (watched[i] == number)
            listen_to_all(true);
}

void crash_listen_to_left(void)
{
    if (atomic_load(&listening) && signals_any_left())
        listen_to_all(true);
}

void crash_step_aside(int number)
{
    struct action now;
    for (unsigned i = 0; i < WATCHED; i++)
        if (watched[i] == number && action_get(number, &now) && is_ours(&now))
            action_set(number, &before[i], NULL);
}

void crash_leave(void)
{
    atomic_store(&listening, false);
    for (unsigned i = 0; i < WATCHED; i++)
        crash_step_aside(watched[i]);
}

static const struct action *hidden_by(int number, __sighandler_t handler)
{
    if (!is_ours(&(struct action){.handler = handler}))
        return NULL;
    for (unsigned i = 0; i < WATCHED; i++)
        if (watched[i] == number)
            return &before[i];
    return NULL;
}

void crash_hide(int number, struct sigaction *action)
{
    const struct action *hidden = hidden_by(number, action->sa_handler);
    if (!hidden)
        return;
    action->sa_handler = hidden->handler;
    action->sa_flags = (int)hidden->flags;
    action->sa_restorer = hidden->restorer;
    memcpy(&action->sa_mask, &hidden->mask, sizeof hidden->mask);
}

__sighandler_t crash_hide_handler(int number, __sighandler_t handler)
{
    const struct action *hidden = hidden_by(number, handler);
    return hidden ? hidden->handler : handler;
}
