// SPDX-License-Identifier: MIT
/*
 * void own_stack_call(void (*work)(void *data), void *data, void *top, struct place *place)
 *
 * Calls work(data) on the stack that ends at `top`. The frame pointer stays on the old stack, and unwinding
 * goes by it.
 */
        .hidden own_stack_call
        .globl  own_stack_call
        .type   own_stack_call, @function
        .text
        .p2align 4
own_stack_call:
        .cfi_startproc
        endbr64
        push    %rbp
        .cfi_def_cfa_offset 16
        .cfi_offset %rbp, -16
        mov     %rsp, %rbp
        .cfi_def_cfa_register %rbp
        mov     8(%rbp), %rax
        mov     %rax, (%rcx)
        lea     16(%rbp), %rax
        mov     %rax, 8(%rcx)
        mov     %rdi, %rax
        mov     %rsi, %rdi
        mov     %rdx, %rsp
        call    *%rax
        mov     %rbp, %rsp
        pop     %rbp
        .cfi_def_cfa %rsp, 8
        ret
        .cfi_endproc
        .size   own_stack_call, . - own_stack_call

        .section .note.GNU-stack, "", @progbits
