// SPDX-License-Identifier: MIT
/*
 * Interposed functions that end in a jump into the real one, so that it sees the program's return address
 * and, where it is variadic, the program's stack (AAPCS64: eight integer arguments in x0 to x7). The note
 * gets the first three arguments and the return address.
 */

.macro BEGIN name
        .hidden real_\name
        .globl  \name
        .type   \name, %function
        .p2align 4
\name:
        .cfi_startproc
        bti     c
.endm

.macro END name
        .cfi_endproc
        .size   \name, . - \name
.endm

.macro SAVE_ARGUMENTS
        stp     x29, x30, [sp, #-80]!
        .cfi_def_cfa_offset 80
        .cfi_offset x29, -80
        .cfi_offset x30, -72
        mov     x29, sp
        stp     x0, x1, [sp, #16]
        stp     x2, x3, [sp, #32]
        stp     x4, x5, [sp, #48]
        stp     x6, x7, [sp, #64]
.endm

.macro RESTORE_ARGUMENTS
        ldp     x0, x1, [sp, #16]
        ldp     x2, x3, [sp, #32]
        ldp     x4, x5, [sp, #48]
        ldp     x6, x7, [sp, #64]
        ldp     x29, x30, [sp], #80
        .cfi_restore x29
        .cfi_restore x30
        .cfi_def_cfa_offset 0
.endm

.macro LOAD_REAL name
        adrp    x16, real_\name
        ldr     x16, [x16, #:lo12:real_\name]
.endm

.macro TAIL name, note
        BEGIN   \name
        .hidden \note
        SAVE_ARGUMENTS
        mov     x3, x30
        bl      \note
        RESTORE_ARGUMENTS
        LOAD_REAL \name
        br      x16
        END     \name
.endm

/* The same for what may be called before the real one is known. The note gets all arguments. */
.macro TAIL_EARLY name, note, early
        BEGIN   \name
        .hidden \note, \early
        SAVE_ARGUMENTS
        bl      \note
        RESTORE_ARGUMENTS
        LOAD_REAL \name
        cbz     x16, 1f
        br      x16
1:      b       \early
        END     \name
.endm

        .text
#include "interpose/tails.def"

        .section .note.GNU-stack, "", %progbits
