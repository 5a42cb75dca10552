// SPDX-License-Identifier: MIT
/*
 * void caller_registers_read(struct caller_registers *to)
 */
        .hidden caller_registers_read
        .globl  caller_registers_read
        .type   caller_registers_read, %function
        .text
        .p2align 4
caller_registers_read:
        .cfi_startproc
        bti     c
        stp     x19, x20, [x0]
        stp     x21, x22, [x0, #16]
        stp     x23, x24, [x0, #32]
        stp     x25, x26, [x0, #48]
        stp     x27, x28, [x0, #64]
        stp     x29, x30, [x0, #80]
        mov     x1, sp
        stp     x1, x30, [x0, #96]
        ret
        .cfi_endproc
        .size   caller_registers_read, . - caller_registers_read

        .section .note.GNU-stack, "", %progbits
