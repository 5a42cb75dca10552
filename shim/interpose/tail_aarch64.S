// SPDX-License-Identifier: MIT
/*
 * Interposed functions that end in a jump into the real one, so that it sees the program's return address
 * and, where it is variadic, the program's stack (AAPCS64: eight integer arguments in x0 to x7). The note
 * gets the first three arguments and the return address.
 */

.macro TAIL name, note
        .globl  \name
        .type   \name, %function
        .p2align 4
\name:
        .cfi_startproc
        bti     c
        stp     x29, x30, [sp, #-80]!
        .cfi_def_cfa_offset 80
        .cfi_offset x29, -80
        .cfi_offset x30, -72
        mov     x29, sp
        stp     x0, x1, [sp, #16]
        stp     x2, x3, [sp, #32]
        stp     x4, x5, [sp, #48]
        stp     x6, x7, [sp, #64]
        mov     x3, x30
        bl      \note
        ldp     x0, x1, [sp, #16]
        ldp     x2, x3, [sp, #32]
        ldp     x4, x5, [sp, #48]
        ldp     x6, x7, [sp, #64]
        ldp     x29, x30, [sp], #80
        .cfi_restore x29
        .cfi_restore x30
        .cfi_def_cfa_offset 0
        adrp    x16, real_\name
        ldr     x16, [x16, #:lo12:real_\name]
        br      x16
        .cfi_endproc
        .size   \name, . - \name
.endm

/* The same for what may be called before the real one is known. The note gets all arguments. */
.macro TAIL_EARLY name, note, early
        .globl  \name
        .type   \name, %function
        .p2align 4
\name:
        .cfi_startproc
        bti     c
        stp     x29, x30, [sp, #-80]!
        .cfi_def_cfa_offset 80
        .cfi_offset x29, -80
        .cfi_offset x30, -72
        mov     x29, sp
        stp     x0, x1, [sp, #16]
        stp     x2, x3, [sp, #32]
        stp     x4, x5, [sp, #48]
        stp     x6, x7, [sp, #64]
        bl      \note
        ldp     x0, x1, [sp, #16]
        ldp     x2, x3, [sp, #32]
        ldp     x4, x5, [sp, #48]
        ldp     x6, x7, [sp, #64]
        ldp     x29, x30, [sp], #80
        .cfi_restore x29
        .cfi_restore x30
        .cfi_def_cfa_offset 0
        adrp    x16, real_\name
        ldr     x16, [x16, #:lo12:real_\name]
        cbz     x16, 1f
        br      x16
1:      b       \early
        .cfi_endproc
        .size   \name, . - \name
.endm

        .hidden note_dlopen, note_dlmopen, note_dlsym, note_exec
        .hidden real_dlopen, real_dlmopen, real_dlsym, real_dlvsym
        .hidden real_execve, real_execv, real_execvp, real_execvpe, real_execl, real_execlp
        .hidden real_execle, real_fexecve, real_execveat
        .hidden note_syscall, note_ioctl, early_syscall, early_ioctl
        .hidden real_syscall, real_ioctl

        .text
        TAIL    dlopen, note_dlopen
        TAIL    dlmopen, note_dlmopen
        TAIL    dlsym, note_dlsym
        TAIL    dlvsym, note_dlsym
        TAIL    execve, note_exec
        TAIL    execv, note_exec
        TAIL    execvp, note_exec
        TAIL    execvpe, note_exec
        TAIL    execl, note_exec
        TAIL    execlp, note_exec
        TAIL    execle, note_exec
        TAIL    fexecve, note_exec
        TAIL    execveat, note_exec
        TAIL_EARLY syscall, note_syscall, early_syscall
        TAIL_EARLY ioctl, note_ioctl, early_ioctl

        .section .note.GNU-stack, "", %progbits
