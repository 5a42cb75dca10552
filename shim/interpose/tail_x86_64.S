// SPDX-License-Identifier: MIT
/*
 * Interposed functions that end in a jump into the real one, so that it sees the program's return address
 * and, where it is variadic, the program's stack (System V ABI, x86-64: six integer arguments, and al for
 * the number of vector registers). The note gets the first three arguments and the return address.
 */

.macro TAIL name, note
        .globl  \name
        .type   \name, @function
        .p2align 4
\name:
        .cfi_startproc
        endbr64
        push    %rax
        push    %rdi
        push    %rsi
        push    %rdx
        push    %rcx
        push    %r8
        push    %r9
        .cfi_adjust_cfa_offset 56
        mov     56(%rsp), %rcx
        call    \note
        pop     %r9
        pop     %r8
        pop     %rcx
        pop     %rdx
        pop     %rsi
        pop     %rdi
        pop     %rax
        .cfi_adjust_cfa_offset -56
        jmp     *real_\name(%rip)
        .cfi_endproc
        .size   \name, . - \name
.endm

/* The same for what may be called before the real one is known. The note gets the first six arguments. */
.macro TAIL_EARLY name, note, early
        .globl  \name
        .type   \name, @function
        .p2align 4
\name:
        .cfi_startproc
        endbr64
        push    %rax
        push    %rdi
        push    %rsi
        push    %rdx
        push    %rcx
        push    %r8
        push    %r9
        .cfi_adjust_cfa_offset 56
        call    \note
        pop     %r9
        pop     %r8
        pop     %rcx
        pop     %rdx
        pop     %rsi
        pop     %rdi
        pop     %rax
        .cfi_adjust_cfa_offset -56
        mov     real_\name(%rip), %r11
        test    %r11, %r11
        jz      \early
        jmp     *%r11
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

        .section .note.GNU-stack, "", @progbits
