// SPDX-License-Identifier: MIT
/*
 * void caller_registers_read(struct caller_registers *to)
 */
        .hidden caller_registers_read
        .globl  caller_registers_read
        .type   caller_registers_read, @function
        .text
        .p2align 4
caller_registers_read:
        .cfi_startproc
        endbr64
        mov     %rbx, (%rdi)
        mov     %rbp, 8(%rdi)
        mov     %r12, 16(%rdi)
        mov     %r13, 24(%rdi)
        mov     %r14, 32(%rdi)
        mov     %r15, 40(%rdi)
        lea     8(%rsp), %rax
        mov     %rax, 48(%rdi)
        mov     (%rsp), %rax
        mov     %rax, 56(%rdi)
        ret
        .cfi_endproc
        .size   caller_registers_read, . - caller_registers_read

        .section .note.GNU-stack, "", @progbits
