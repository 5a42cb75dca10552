// SPDX-License-Identifier: MIT
/*
 * void own_stack_call(void (*work)(void *data), void *data, void *top, struct place *place)
 *
 * Calls work(data) on the stack that ends at `top`. The frame pointer stays on the old stack, and unwinding
 * goes by it.
 */
        .hidden own_stack_call
        .globl  own_stack_call
        .type   own_stack_call, %function
        .text
        .p2align 4
own_stack_call:
        .cfi_startproc
        bti     c
        stp     x29, x30, [sp, #-16]!
        .cfi_def_cfa_offset 16
        .cfi_offset x29, -16
        .cfi_offset x30, -8
        mov     x29, sp
        .cfi_def_cfa_register x29
        add     x4, x29, #16
        stp     x30, x4, [x3]
        mov     x4, x0
        mov     x0, x1
        mov     sp, x2
        blr     x4
        mov     sp, x29
        .cfi_def_cfa_register sp
        ldp     x29, x30, [sp], #16
        .cfi_restore x29
        .cfi_restore x30
        .cfi_def_cfa_offset 0
        ret
        .cfi_endproc
        .size   own_stack_call, . - own_stack_call

        .section .note.GNU-stack, "", %progbits
