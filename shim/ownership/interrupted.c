// SPDX-License-Identifier: MIT
#include "ownership/interrupted.h"

struct cfi_frame interrupted_frame(const ucontext_t *context)
{
    struct cfi_frame frame = {.exact = true};
#if defined(__x86_64__)
    static const int registers[CFI_REGISTERS] = {
        REG_RAX, REG_RDX, REG_RCX, REG_RBX, REG_RSI, REG_RDI, REG_RBP, REG_RSP, REG_R8,
        REG_R9,  REG_R10, REG_R11, REG_R12, REG_R13, REG_R14, REG_R15, REG_RIP};
    for (unsigned i = 0; i < CFI_REGISTERS; i++)
        cfi_set(&frame, i, (uintptr_t)context->uc_mcontext.gregs[registers[i]]);
    frame.pc = frame.registers[CFI_PC];
#else
    for (unsigned i = 0; i < CFI_SP; i++)
        cfi_set(&frame, i, context->uc_mcontext.regs[i]);
    cfi_set(&frame, CFI_SP, context->uc_mcontext.sp);
    frame.pc = context->uc_mcontext.pc;
#endif
    return frame;
}

void interrupted_arguments(const ucontext_t *context, uintptr_t arguments[INTERRUPTED_ARGUMENTS])
{
#if defined(__x86_64__)
    static const int registers[INTERRUPTED_ARGUMENTS] = {REG_RDI, REG_RSI, REG_RDX,
                                                         REG_R10, REG_R8,  REG_R9};
    for (unsigned i = 0; i < INTERRUPTED_ARGUMENTS; i++)
        arguments[i] = (uintptr_t)context->uc_mcontext.gregs[registers[i]];
#else
    for (unsigned i = 0; i < INTERRUPTED_ARGUMENTS; i++)
        arguments[i] = context->uc_mcontext.regs[i];
#endif
}
