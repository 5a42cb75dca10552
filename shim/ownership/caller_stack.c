// SPDX-License-Identifier: MIT
#include "ownership/caller_stack.h"
#include "modules/modules.h"
#include "ownership/caller_words.h"
#include "ownership/shapes.h"

enum { STEPS_MAX = 256 };

static bool in_shim(uintptr_t pc)
{
    const struct module *module = modules_find(pc);
    return module && module->is_shim;
}

/* The registers here that a function must leave as they were, or that say where the stack is. */
static inline __attribute__((always_inline)) struct cfi_frame here(void)
{
    struct cfi_frame frame = {.exact = true};
    uintptr_t saved[CFI_SAVED], sp, pc;
#if defined(__x86_64__)
    __asm__ volatile("1: lea 1b(%%rip), %0\n\tmov %%rsp, %1\n\t"
                     "mov %%rbx, 0(%3)\n\tmov %%rbp, 8(%3)\n\tmov %%r12, 16(%3)\n\t"
                     "mov %%r13, 24(%3)\n\tmov %%r14, 32(%3)\n\tmov %%r15, 40(%3)"
                     : "=&r"(pc), "=&r"(sp), "=m"(saved)
                     : "r"(saved));
#else
    __asm__ volatile("1: adr %0, 1b\n\tmov %1, sp\n\t"
                     "stp x19, x20, [%3]\n\tstp x21, x22, [%3, #16]\n\tstp x23, x24, [%3, #32]\n\t"
                     "stp x25, x26, [%3, #48]\n\tstp x27, x28, [%3, #64]\n\tstp x29, x30, [%3, #80]"
                     : "=&r"(pc), "=&r"(sp), "=m"(saved)
                     : "r"(saved));
#endif
    frame.pc = pc;
    cfi_set(&frame, CFI_SP, sp);
    for (unsigned i = 0; i < CFI_SAVED; i++)
        cfi_set(&frame, cfi_saved_registers[i], saved[i]);
    return frame;
}

/* To the caller; the stack goes on elsewhere above a signal handler, or where we use one of our
 * own. */
static bool step(struct cfi_frame *frame, struct caller_words *stack)
{
    modules_find_live(frame->exact ? frame->pc : frame->pc - 1);
    if (cfi_step_caller(frame, stack) != CFI_STEPPED)
        return false;
    caller_words_follow(stack, frame->registers[CFI_SP]);
    return true;
}

__attribute__((noinline)) size_t caller_stack_walk_by_tables(uintptr_t *pcs, size_t max)
{
    struct cfi_frame frame = here();
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
    return shapes_walk(pcs, max, &count) ? count : caller_stack_walk_by_tables(pcs, max);
}

__attribute__((noinline)) bool caller_stack_frame(struct cfi_frame *caller)
{
    struct cfi_frame frame = here();
    struct caller_words stack = caller_words_at(frame.registers[CFI_SP]);
    for (unsigned steps = 0; steps < STEPS_MAX && step(&frame, &stack); steps++) {
        if (in_shim(frame.pc - !frame.exact))
            continue;
        *caller = frame;
        return true;
    }
    return false;
}
