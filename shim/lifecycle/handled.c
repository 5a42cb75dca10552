// SPDX-License-Identifier: MIT
#include "lifecycle/handled.h"
#include "modules/modules.h"
#include "ownership/caller_stack.h"

#include <string.h>

enum { WORD = sizeof(uintptr_t), STEPS_MAX = 1000 };

#if defined(__x86_64__)

enum {
    /* arch/x86/include/asm/sigframe.h, struct rt_sigframe: the return address, the kernel's struct
     * ucontext (which ends with one word of blocked signals), the struct siginfo. */
    CONTEXT_OFFSET = WORD,
    CONTEXT_BYTES = offsetof(ucontext_t, uc_sigmask) + WORD,
    INFO_OFFSET = CONTEXT_OFFSET + CONTEXT_BYTES,
};
_Static_assert(INFO_OFFSET + sizeof(siginfo_t) == HANDLED_FRAME_BYTES, "handled.h");

/* mov $SYS_rt_sigreturn,%rax; syscall */
static const unsigned char restorer[] = {0x48, 0xc7, 0xc0, 0x0f, 0, 0, 0, 0x0f, 0x05};

/* Code that stays: it may be read. */
bool handled_is_frame(uintptr_t address)
{
    const struct module *module = modules_find(address);
    return module_is_permanent(module) && module_is_code(module, address) &&
           address + sizeof restorer <= module->end &&
           !memcmp((const void *)address, restorer, sizeof restorer);
}

/* arch/x86/include/asm/trapnr.h */
enum { TRAP_INVALID_OPCODE = 6, TRAP_PROTECTION = 13, TRAP_PAGE_FAULT = 14 };

/* The kernel fills in the siginfo for handlers alone that asked for it (SA_SIGINFO); else old bytes
 * lie there. */
static bool is_filled_in(const siginfo_t *info, const ucontext_t *context)
{
    const greg_t *registers = context->uc_mcontext.gregs;
    switch (registers[REG_TRAPNO]) {
    case TRAP_INVALID_OPCODE:
        return info->si_signo == SIGILL && info->si_code > 0;
    case TRAP_PROTECTION:
        return info->si_signo == SIGSEGV && info->si_code == SI_KERNEL;
    case TRAP_PAGE_FAULT:
        return (info->si_signo == SIGSEGV || info->si_signo == SIGBUS) && info->si_code > 0 &&
               (uintptr_t)info->si_addr == (uintptr_t)registers[REG_CR2];
    default:
        return false;
    }
}

/* Without a siginfo, the address where the program continued is enough, if nothing is mapped there.
 */
void handled_take(const struct signal_frame *frame, struct delivery *delivery)
{
    delivery->frame = 0;
    const char *start = (const char *)frame->words;
    delivery->context = (const ucontext_t *)(const void *)(start + CONTEXT_OFFSET);
    memcpy(&delivery->info, start + INFO_OFFSET, sizeof delivery->info);
    if (is_filled_in(&delivery->info, delivery->context))
        return;
    delivery->info = (siginfo_t){.si_signo = SIGSEGV, .si_code = SEGV_MAPERR};
    delivery->info.si_addr = (void *)(uintptr_t)delivery->context->uc_mcontext.gregs[REG_RIP];
}

/* All of it must be on the stack. */
static bool take_frame(struct caller_words *stack, uintptr_t at, struct delivery *delivery)
{
    struct signal_frame frame;
    for (size_t i = 0; i < ARRAY_SIZE(frame.words); i++)
        if (!caller_words_read(stack, at + i * WORD, &frame.words[i]))
            return false;
    handled_take(&frame, delivery);
    delivery->context = (const ucontext_t *)(at + CONTEXT_OFFSET);
    delivery->frame = at;
    return true;
}

/* Unwinds to the frame at the address. False: it leads past it. */
static bool unwind_to(struct handled *handled, uintptr_t at)
{
    while (handled->outcome == CFI_STEPPED && handled->frame.slot < at)
        handled->outcome = ++handled->steps < STEPS_MAX
                               ? caller_stack_step(&handled->frame, &handled->unwound)
                               : CFI_NO_TABLE;
    return handled->outcome == CFI_STEPPED ? handled->frame.slot == at
                                           : handled->outcome != CFI_OUTERMOST;
}

bool handled_is_certain(const struct handled *handled)
{
    return handled->outcome == CFI_STEPPED && handled->frame.slot == handled->at - WORD;
}

bool handled_next(struct handled *handled, struct delivery *delivery)
{
    uintptr_t word;
    while (handled->at < handled->end) {
        uintptr_t at = handled->at;
        if (!caller_words_read(&handled->stack, at, &word))
            return false;
        handled->at += WORD;
        if (handled_is_frame(word) && take_frame(&handled->stack, at, delivery) &&
            unwind_to(handled, at))
            return true;
    }
    return false;
}

#else

bool handled_next(struct handled *handled, struct delivery *delivery)
{
    return false;
}

bool handled_is_certain(const struct handled *handled)
{
    return false;
}

bool handled_is_frame(uintptr_t word)
{
    return false;
}

void handled_take(const struct signal_frame *frame, struct delivery *delivery)
{
    *delivery = (struct delivery){0};
}

#endif

/* The frame may be the signal's: a handler may end with a jump into a function of ours. */
struct handled handled_from(const struct cfi_frame *frame)
{
    uintptr_t start = frame->slot ? frame->slot : frame->registers[CFI_SP];
    start = (start + WORD - 1) & ~(uintptr_t)(WORD - 1);
    return (struct handled){.at = start,
                            .end = start + HANDLED_STACK_MAX,
                            .stack = caller_words_at(start),
                            .frame = *frame,
                            .unwound = caller_words_at(start)};
}
