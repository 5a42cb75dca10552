// SPDX-License-Identifier: MIT
#include "lifecycle/dying.h"
#include "base/clock.h"
#include "base/own_stack.h"
#include "base/sys.h"
#include "lifecycle/check.h"
#include "lifecycle/handled_elsewhere.h"
#include "lifecycle/locks.h"
#include "ownership/caller_stack.h"
#include "ownership/interrupted.h"
#include "ownership/prologue.h"
#include "report/crash_record.h"
#include "report/report.h"
#include "rules/rules.h"
#include "scan/frames.h"
#include "scan/memory.h"

#include <ucontext.h>

enum {
    WORD = sizeof(uintptr_t),
    PAUSE_US = 1000,
    PATIENCE_CLOSING = 200, /* pauses, for another thread that has unmapped something and has not
                               noted it yet */
    ELSEWHERE_MAX = 4,
};

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

/* Other memory lies there now, that of no module, and it cannot be run. That a finding names this
 * very address is no chance. */
static struct module *find_foretold(uintptr_t pc, const struct crash *crash)
{
    struct crash taken = *crash;
    taken.place = (struct frame){pc, modules_find(pc) ? NULL : modules_find_last(pc)};
    if (taken.place.module && !crash_is_foretold(&taken)) {
        module_unref(taken.place.module);
        return NULL;
    }
    return taken.place.module;
}

static bool find_place(uintptr_t pc, const siginfo_t *info, struct crash *crash)
{
    uintptr_t address = fault_address(info);
    crash->place = (struct frame){pc, find_unloaded(pc)};
    if (!crash->place.module && (address == pc || info->si_signo == SIGILL))
        crash->place.module = find_foretold(pc, crash);
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

/* Another thread's. */
static bool find_elsewhere(struct handled_elsewhere others[ELSEWHERE_MAX],
                           struct delivery *delivery, struct crash *crash)
{
    size_t count = handled_find_elsewhere(others, ELSEWHERE_MAX);
    for (size_t i = 0; i < count; i++) {
        if (!find_place(pc_of(&others[i].delivery), &others[i].delivery.info, crash))
            continue;
        crash->tid = others[i].tid;
        *delivery = others[i].delivery;
        return true;
    }
    return false;
}

/* A handler of the program's that has returned was called below the stack pointer. */
static void note_told(const struct crash *crash, const struct delivery *delivery)
{
    uintptr_t sp = interrupted_frame(delivery->context).registers[CFI_SP];
    rules_note_told(
        &(struct told){.signal = crash->signal,
                       .address = crash->place.pc,
                       .sp = sp,
                       .frame = delivery->frame ? delivery->frame : sp - TOLD_FRAME_MAX});
}

static void report_crash(struct crash *crash, const struct delivery *delivery)
{
    bool alone = lock_acquire(&check_lock);
    if (alone) {
        crash->stack = take_stack(delivery->context, crash);
        note_told(crash, delivery);
    }
    if (alone && !crash_is_foretold(crash))
        check_before_death(true);
    crash_report(crash);
    if (alone)
        lock_release(&check_lock);
}

static _Atomic bool is_reported;

/* Once: a handler of the program may come back to us by several calls. */
static void report_once(struct crash *crash, const struct delivery *delivery)
{
    crash->signal = delivery->info.si_signo;
    if (!atomic_exchange(&is_reported, true))
        report_crash(crash, delivery);
}

void dying_report(struct delivery delivery)
{
    struct crash crash = {.tid = sys_gettid()};
    struct handled_elsewhere others[ELSEWHERE_MAX];
    if (find_crash(&delivery, &crash) || find_elsewhere(others, &delivery, &crash))
        report_once(&crash, &delivery);
    else
        write_findings();
}

/* A crash that a handler of the calling thread is called for. */
static bool find_own(struct delivery *delivery, struct crash *crash)
{
    struct cfi_frame from = {0};
    if (!caller_stack_frame(&from)) {
        uintptr_t sp = (uintptr_t)__builtin_frame_address(0);
        own_stack_to_program_own(&sp);
        cfi_set(&from, CFI_SP, sp);
    }
    return find_handled(&from, false, delivery, crash);
}

/* The crash for which this process was forked. It is the parent's, unless the child dies of it. */
static const ucontext_t *inherited;

void dying_ends(enum crash_end end)
{
    struct crash crash = {.tid = sys_gettid()};
    struct delivery delivery;
    struct handled_elsewhere others[ELSEWHERE_MAX];
    if (!find_own(&delivery, &crash) &&
        (end == CRASH_END_WELL || !find_elsewhere(others, &delivery, &crash)))
        return;
    if (end == CRASH_END_SIGNAL || delivery.context != inherited)
        report_once(&crash, &delivery);
    else
        module_unref(crash.place.module);
}

bool dying_is_reported(void)
{
    return atomic_load(&is_reported);
}

void dying_fork_child(bool may_be_handling)
{
    struct crash crash = {.tid = sys_gettid()};
    struct delivery delivery;
    bool found = may_be_handling && find_own(&delivery, &crash);
    inherited = found ? delivery.context : NULL;
    if (found)
        module_unref(crash.place.module);
}
