// SPDX-License-Identifier: MIT
#include "lifecycle/crash.h"
#include "base/clock.h"
#include "base/own_stack.h"
#include "base/sys.h"
#include "lifecycle/check.h"
#include "lifecycle/handled.h"
#include "lifecycle/locks.h"
#include "lifecycle/process.h"
#include "ownership/caller_stack.h"
#include "ownership/interrupted.h"
#include "ownership/prologue.h"
#include "registry/signals.h"
#include "report/crash_record.h"
#include "report/report.h"
#include "scan/frames.h"
#include "scan/memory.h"

#include <string.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

enum {
    WORD = sizeof(uintptr_t),
    PAUSE_US = 1000,
    PATIENCE = 5000,       /* pauses, for another thread that is about to report why it dies */
    PATIENCE_CLOSING = 200 /* and for one that has unmapped something and has not noted it yet */
};

static const int watched[] = {SIGSEGV, SIGBUS, SIGILL};
enum { WATCHED = ARRAY_SIZE(watched) };

static _Atomic bool listening;
static struct action before[WATCHED]; /* the dispositions that ours replace, with their flags */

static bool is_mapped(uintptr_t address)
{
    return memory_is_mapped(address, address + 1);
}

/* Our list still has a module there, but it is unmapped: another thread will note this soon. */
static struct module *find_unmapped(uintptr_t address)
{
    struct module *module = modules_find(address);
    if (!module || is_mapped(module->start) || is_mapped(module->end - 1))
        return NULL;
    module_ref(module);
    for (unsigned i = 0; i < PATIENCE_CLOSING && !module_is_unloaded(module); i++)
        clock_pause_us(PAUSE_US);
    return module;
}

/* The unloaded module that an address lies in, with a reference; NULL also where something else
 * lies there now. */
static struct module *find_unloaded(uintptr_t address)
{
    if (address == 0 || is_mapped(address))
        return NULL;
    struct module *module = modules_find_last(address);
    return module ? module : find_unmapped(address);
}

static bool is_sent(const siginfo_t *info)
{
    return info->si_code <= 0;
}

static uintptr_t fault_address(const siginfo_t *info)
{
    bool has_one = info->si_code != SI_KERNEL && info->si_signo != SIGILL;
    return has_one ? (uintptr_t)info->si_addr : 0;
}

static bool find_place(uintptr_t pc, const siginfo_t *info, struct crash *crash)
{
    uintptr_t address = fault_address(info);
    crash->place = (struct frame){pc, find_unloaded(pc)};
    crash->is_access = !crash->place.module && address != pc;
    if (crash->is_access)
        crash->place = (struct frame){address, find_unloaded(address)};
    return crash->place.module;
}

/* True if a call returns there, or a signal handler does. */
static bool is_return_address(const struct cfi_frame *frame)
{
    struct cfi_frame above = *frame;
    return prologue_is_after_call(frame->pc) || (cfi_step(&above) == CFI_STEPPED && above.exact);
}

/* Steps from unmapped code to its caller. False: it was not called, but returned to. */
static bool step_to_caller(struct cfi_frame *frame)
{
    struct cfi_frame caller = *frame;
    caller.exact = false;
#if defined(__x86_64__)
    caller.slot = frame->registers[CFI_SP];
    if (!view_copy_word(caller.slot, &caller.pc))
        return false;
    cfi_set(&caller, CFI_SP, caller.slot + WORD);
#else
    caller.pc = frame->registers[CFI_PC];
#endif
    if (!is_return_address(&caller))
        return false;
    *frame = caller;
    return true;
}

/* The first frame is where the thread is, not where it returns to. */
static void set_first(struct stack *stack, const struct crash *crash)
{
    struct frame *first = &stack->frames[0];
    struct module *module =
        first->pc == crash->place.pc ? crash->place.module : modules_find(first->pc);
    module_ref(module);
    module_unref(first->module);
    first->module = module;
}

/* Under the check lock. */
static struct stack *take_stack(const ucontext_t *context, const struct crash *crash)
{
    static struct thread_frames frames; /* too much for a small stack */
    static uintptr_t pcs[FRAMES_MAX + 1];
    struct cfi_frame frame = interrupted_frame(context);
    unsigned count = 0;
    frames.count = 0;
    if (crash->is_access) {
        frames_walk(frame, &frames);
    } else {
        pcs[count++] = frame.pc;
        if (step_to_caller(&frame))
            frames_walk(frame, &frames);
    }
    for (unsigned i = 0; i < frames.count; i++) {
        const struct module *module = modules_find(frames.list[i].pc - 1);
        if (!module || !module->is_shim)
            pcs[count++] = frames.list[i].pc;
    }
    struct stack *stack = stack_make(pcs, count);
    if (stack)
        set_first(stack, crash);
    return stack;
}

/* The process dies of another cause. Our findings must still be written. */
static void write_findings(void)
{
    if (lock_acquire(&check_lock)) {
        check_before_death(false);
        lock_release(&check_lock);
    }
    if (lock_acquire(&report_lock)) {
        report_flush_locked();
        lock_release(&report_lock);
    }
}

static uintptr_t pc_of(const struct delivery *delivery)
{
    return interrupted_frame(delivery->context).pc;
}

/* Searches the signals that the thread handles. `delivery` becomes the crash's own. */
static bool find_handled(const struct cfi_frame *from, bool only_certain, struct delivery *delivery,
                         struct crash *crash)
{
    struct handled handled = handled_from(from);
    struct delivery found;
    while (handled_next(&handled, &found)) {
        if ((only_certain && !handled_is_certain(&handled)) ||
            !find_place(pc_of(&found), &found.info, crash))
            continue;
        *delivery = found;
        return true;
    }
    return false;
}

/*
 * A signal that was sent may be a crash all the same: the program's handler raises it again, here
 * or, where it is blocked meanwhile, when the handler has returned to where the crash was. And the
 * handler may crash, too, for another reason.
 */
static bool find_crash(struct delivery *delivery, struct crash *crash)
{
    struct cfi_frame from = interrupted_frame(delivery->context);
    if (!is_sent(&delivery->info))
        return find_place(from.pc, &delivery->info, crash) ||
               find_handled(&from, true, delivery, crash);
    crash->place = (struct frame){from.pc, find_unloaded(from.pc)};
    return crash->place.module || find_handled(&from, false, delivery, crash);
}

static void report_crash(struct crash *crash, const ucontext_t *context)
{
    bool alone = lock_acquire(&check_lock);
    if (alone)
        crash->stack = take_stack(context, crash);
    if (alone && !crash_is_foretold(crash))
        check_before_death(true);
    crash_report(crash);
    if (alone)
        lock_release(&check_lock);
}

/* Once: a handler of the program may come back to us by several calls. */
static void report_once(struct crash *crash, const struct delivery *delivery)
{
    static _Atomic bool is_reported;
    crash->signal = delivery->info.si_signo;
    if (!atomic_exchange(&is_reported, true))
        report_crash(crash, delivery->context);
}

static void report_delivery(struct delivery delivery)
{
    struct crash crash = {.tid = sys_gettid()};
    if (find_crash(&delivery, &crash))
        report_once(&crash, &delivery);
    else
        write_findings();
}

/* A crash that a handler of the calling thread is called for. */
static bool find_own(struct delivery *delivery, struct crash *crash)
{
    struct cfi_frame from = {0};
    if (!atomic_load(&listening))
        return false;
    if (!caller_stack_frame(&from)) {
        uintptr_t sp = (uintptr_t)__builtin_frame_address(0);
        own_stack_to_program_own(&sp);
        cfi_set(&from, CFI_SP, sp);
    }
    return find_handled(&from, false, delivery, crash);
}

/* The crash for which this process was forked. It is the parent's, unless the child dies of it. */
static const ucontext_t *inherited;

void crash_ending(bool by_signal)
{
    struct crash crash = {.tid = sys_gettid()};
    struct delivery delivery;
    if (!find_own(&delivery, &crash))
        return;
    if (by_signal || delivery.context != inherited)
        report_once(&crash, &delivery);
    else
        module_unref(crash.place.module);
}

/* On a stack of ours: the thread's may be small. */
static void report_here(void *data)
{
    const struct delivery *delivery = data;
    int saved_errno;
    if (!process_enter(&saved_errno))
        return;
    report_delivery(*delivery);
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

/* True if the kernel does not send this signal again when the instruction is repeated. */
static bool would_be_lost(const siginfo_t *info)
{
    return is_sent(info) || info->si_code == SI_KERNEL;
}

/* Under a filter that came without our knowing: a blocked signal that the kernel must send ends the
 * process as SIG_DFL does, and needs no system call but the handler's return. */
static void die_on_return(int number, ucontext_t *context)
{
    sigaddset(&context->uc_sigmask, number);
}

static void go_on_to_die(int number, const siginfo_t *info, ucontext_t *context)
{
    if (calls_are_over() && !is_sent(info)) {
        die_on_return(number, context);
        return;
    }
    crash_step_aside(number);
    if (would_be_lost(info))
        sys_call(SYS_rt_tgsigqueueinfo, (pid_t)sys_call(SYS_getpid), sys_gettid(), number, info);
}

static void on_crash(int number, siginfo_t *info, void *context)
{
    int errno_before = errno;
    struct delivery delivery = {*info, context};
    if (!guard.in_fork && !guard.depth && lifecycle_is_own_process() && is_first())
        own_stack_run(report_here, &delivery);
    go_on_to_die(number, info, context);
    errno = errno_before;
}

static bool is_ours(const struct action *action)
{
    struct action ours = action_for(on_crash);
    return action->handler == ours.handler;
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
    struct crash crash = {.tid = sys_gettid()};
    struct delivery delivery;
    bool found = may_be_handling() && find_own(&delivery, &crash);
    inherited = found ? delivery.context : NULL;
    if (found)
        module_unref(crash.place.module);
}

/* A handler in an unloaded module: the signal kills the process before any code of it runs. */
static bool is_left(const struct action *action)
{
    uintptr_t handler = action_handler(action);
    struct module *module = handler && !is_mapped(handler) ? modules_find_last(handler) : NULL;
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

void crash_listen(void)
{
    if (atomic_load(&listening) || calls_are_filtered() || atomic_exchange(&listening, true))
        return;
    signals_set_own(on_crash);
    for (unsigned i = 0; i < WATCHED; i++)
        listen_to(i, false);
}

void crash_listen_again(int number)
{
    for (unsigned i = 0; i < WATCHED && atomic_load(&listening); i++)
        if (watched[i] == number)
            listen_to(i, true);
}

void crash_listen_to_left(void)
{
    if (!atomic_load(&listening) || !signals_any_left())
        return;
    for (unsigned i = 0; i < WATCHED; i++)
        listen_to(i, true);
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
