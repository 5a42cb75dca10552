// SPDX-License-Identifier: MIT
#include "ownership/caller_stack.h"
#include "base/guard.h"
#include "modules/modules.h"
#include "ownership/caller_registers.h"
#include "ownership/caller_words.h"
#include "ownership/interrupted.h"
#include "ownership/layouts.h"

enum { STEPS_MAX = 256 };

static bool in_shim(uintptr_t pc)
{
    const struct module *module = modules_find(pc);
    return module && module->is_shim;
}

static struct cfi_frame frame_of(const struct caller_registers *registers)
{
    struct cfi_frame frame = {.exact = true, .pc = registers->pc};
    cfi_set(&frame, CFI_SP, registers->sp);
    for (unsigned i = 0; i < CFI_SAVED; i++)
        cfi_set(&frame, cfi_saved_registers[i], registers->saved[i]);
    return frame;
}

enum cfi_outcome caller_stack_step(struct cfi_frame *frame, struct caller_words *stack)
{
    modules_find_live(frame->exact ? frame->pc : frame->pc - 1);
    enum cfi_outcome outcome = cfi_step_caller(frame, stack);
    if (outcome == CFI_STEPPED)
        caller_words_follow(stack, frame->registers[CFI_SP]);
    return outcome;
}

static bool step(struct cfi_frame *frame, struct caller_words *stack)
{
    return caller_stack_step(frame, stack) == CFI_STEPPED;
}

__attribute__((noinline)) size_t caller_stack_walk_by_tables(uintptr_t *pcs, size_t max)
{
    struct caller_registers registers;
    caller_registers_read(&registers);
    struct cfi_frame frame = frame_of(&registers);
    struct caller_words stack = caller_words_at(frame.registers[CFI_SP]);
    size_t count = 0;
    for (unsigned steps = 0; count < max && steps < STEPS_MAX && step(&frame, &stack); steps++)
        if (!in_shim(frame.pc - !frame.exact))
            pcs[count++] = frame.pc;
    return count;
}

size_t caller_stack_walk(uintptr_t *pcs, size_t max)
{
    size_t count;
    return layouts_walk(pcs, max, &count) ? count : caller_stack_walk_by_tables(pcs, max);
}

static bool find_caller(struct cfi_frame *caller)
{
    struct caller_registers registers;
    caller_registers_read(&registers);
    struct cfi_frame frame = frame_of(&registers);
    struct caller_words stack = caller_words_at(frame.registers[CFI_SP]);
    for (unsigned steps = 0; steps < STEPS_MAX && step(&frame, &stack); steps++) {
        if (in_shim(frame.pc - !frame.exact))
            continue;
        *caller = frame;
        return true;
    }
    return false;
}

__attribute__((noinline)) bool caller_stack_frame(struct cfi_frame *caller)
{
    if (!guard.interrupted)
        return find_caller(caller);
    *caller = interrupted_frame(guard.interrupted->context);
    return true;
}
