// SPDX-License-Identifier: MIT
#include "lifecycle/handled.h"
#include "modules/modules.h"
#include "ownership/caller_words.h"

#include <string.h>

#if defined(__x86_64__)

enum {
    WORD = sizeof(uintptr_t),
    STACK_MAX = 256 << 10, /* of the handler and what it calls */
    /* arch/x86/include/asm/sigframe.h, struct rt_sigframe: the return address, the kernel's struct
     * ucontext (which ends with one word of blocked signals), the struct siginfo. */
    CONTEXT_OFFSET = WORD,
    CONTEXT_BYTES = offsetof(ucontext_t, uc_sigmask) + WORD,
    INFO_OFFSET = CONTEXT_OFFSET + CONTEXT_BYTES,
};

/* mov $SYS_rt_sigreturn,%rax; syscall */
static const unsigned char restorer[] = {0x48, 0xc7, 0xc0, 0x0f, 0, 0, 0, 0x0f, 0x05};

/* Code that stays: it may be read. */
static bool is_restorer(uintptr_t address)
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

/* All of it must be on the stack. Without a siginfo, the address where the program continued is
 * enough, if nothing is mapped there. */
static bool take_frame(struct caller_words *stack, uintptr_t at, struct delivery *delivery)
{
    uintptr_t words[sizeof(siginfo_t) / WORD], word;
    for (uintptr_t offset = CONTEXT_OFFSET; offset < INFO_OFFSET; offset += WORD)
        if (!caller_words_read(stack, at + offset, &word))
            return false;
    for (size_t i = 0; i < sizeof words / WORD; i++)
        if (!caller_words_read(stack, at + INFO_OFFSET + i * WORD, &words[i]))
            return false;
    delivery->context = (const ucontext_t *)(at + CONTEXT_OFFSET);
    memcpy(&delivery->info, words, sizeof words);
    if (is_filled_in(&delivery->info, delivery->context))
        return true;
    delivery->info = (siginfo_t){.si_signo = SIGSEGV, .si_code = SEGV_MAPERR};
    delivery->info.si_addr = (void *)(uintptr_t)delivery->context->uc_mcontext.gregs[REG_RIP];
    return true;
}

bool handled_find(uintptr_t sp, struct delivery *delivery)
{
    uintptr_t start = (sp + WORD - 1) & ~(uintptr_t)(WORD - 1), word;
    struct caller_words stack = caller_words_at(start);
    for (uintptr_t at = start; at - start < STACK_MAX; at += WORD) {
        if (!caller_words_read(&stack, at, &word))
            return false;
        if (is_restorer(word) && take_frame(&stack, at, delivery))
            return true;
    }
    return false;
}

#else

bool handled_find(uintptr_t sp, struct delivery *delivery)
{
    return false;
}

#endif
