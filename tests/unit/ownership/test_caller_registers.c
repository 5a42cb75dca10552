// SPDX-License-Identifier: MIT
#include "ownership/caller_registers.h"
#include "support.h"

/*
 * uintptr_t with_numbers(struct caller_registers *to): puts a number into each register that a
 * function leaves as it was, 1 into the first, has them read, and returns its stack pointer.
 */
#if defined(__x86_64__)
__asm__(".text\n\t"
        ".type with_numbers, @function\n"
        "with_numbers:\n\t"
        "push %rbx\n\tpush %rbp\n\tpush %r12\n\tpush %r13\n\tpush %r14\n\tpush %r15\n\t"
        "mov $1, %ebx\n\tmov $2, %ebp\n\tmov $3, %r12d\n\t"
        "mov $4, %r13d\n\tmov $5, %r14d\n\tmov $6, %r15d\n\t"
        "call caller_registers_read\n"
        "with_numbers_return:\n\t"
        "mov %rsp, %rax\n\t"
        "pop %r15\n\tpop %r14\n\tpop %r13\n\tpop %r12\n\tpop %rbp\n\tpop %rbx\n\t"
        "ret\n\t"
        ".size with_numbers, . - with_numbers");
#else
__asm__(".text\n\t"
        ".type with_numbers, %function\n"
        "with_numbers:\n\t"
        "stp x19, x20, [sp, #-96]!\n\tstp x21, x22, [sp, #16]\n\tstp x23, x24, [sp, #32]\n\t"
        "stp x25, x26, [sp, #48]\n\tstp x27, x28, [sp, #64]\n\tstp x29, x30, [sp, #80]\n\t"
        "mov x19, #1\n\tmov x20, #2\n\tmov x21, #3\n\tmov x22, #4\n\tmov x23, #5\n\t"
        "mov x24, #6\n\tmov x25, #7\n\tmov x26, #8\n\tmov x27, #9\n\tmov x28, #10\n\t"
        "mov x29, #11\n\t"
        "bl caller_registers_read\n"
        "with_numbers_return:\n\t"
        "mov x0, sp\n\t"
        "ldp x21, x22, [sp, #16]\n\tldp x23, x24, [sp, #32]\n\tldp x25, x26, [sp, #48]\n\t"
        "ldp x27, x28, [sp, #64]\n\tldp x29, x30, [sp, #80]\n\tldp x19, x20, [sp], #96\n\t"
        "ret\n\t"
        ".size with_numbers, . - with_numbers");
#endif

uintptr_t with_numbers(struct caller_registers *to) HIDDEN;
extern HIDDEN const char with_numbers_return[];

/* The last one of aarch64 is where a call returns to. */
static uintptr_t expected(unsigned i)
{
    return cfi_saved_registers[i] == CFI_PC ? (uintptr_t)with_numbers_return : i + 1;
}

Test(caller_registers, each_is_read)
{
    struct caller_registers registers = {0};
    uintptr_t sp = with_numbers(&registers);
    for (unsigned i = 0; i < CFI_SAVED; i++)
        cr_assert_eq(registers.saved[i], expected(i), "register %u", cfi_saved_registers[i]);
    cr_assert_eq(registers.sp, sp);
    cr_assert_eq(registers.pc, (uintptr_t)with_numbers_return);
}
