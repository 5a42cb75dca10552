// SPDX-License-Identifier: MIT
/*
 * Interposed functions that end in a jump into the real one, so that it sees the program's return address
 * and, where it is variadic, the program's stack (System V ABI, x86-64: six integer arguments, and al for
 * the number of vector registers). The note gets the first three arguments and the return address.
 */

.macro BEGIN name
        .hidden real_\name
        .globl  \name
        .type   \name, @function
        .p2align 4
\name:
        .cfi_startproc
        endbr64
.endm

.macro END name
        .cfi_endproc
        .size   \name, . - \name
.endm

.macro SAVE_ARGUMENTS
        push    %rax
        push    %rdi
        push    %rsi
        push    %rdx
        push    %rcx
        push    %r8
        push    %r9
        .cfi_adjust_cfa_offset 56
.endm

.macro RESTORE_ARGUMENTS
        pop     %r9
        pop     %r8
        pop     %rcx
        pop     %rdx
        pop     %rsi
        pop     %rdi
        pop     %rax
        .cfi_adjust_cfa_offset -56
.endm

.macro TAIL name, note
        BEGIN   \name
        .hidden \note
        SAVE_ARGUMENTS
        mov     56(%rsp), %rcx
        call    \note
        RESTORE_ARGUMENTS
        jmp     *real_\name(%rip)
        END     \name
.endm

/* The same for what may be called before the real one is known. The note gets the first six arguments. */
.macro TAIL_EARLY name, note, early
        BEGIN   \name
        .hidden \note, \early
        SAVE_ARGUMENTS
        call    \note
        RESTORE_ARGUMENTS
        mov     real_\name(%rip), %r11
        test    %r11, %r11
        jz      \early
        jmp     *%r11
        END     \name
.endm

        .text
#include "interpose/tails.def"

        .section .note.GNU-stack, "", @progbits
