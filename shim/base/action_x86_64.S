// SPDX-License-Identifier: MIT
/*
 * Where a handler returns to; the kernel for x86-64 wants one. Debuggers and unwinders know a signal's frame
 * by these very bytes. The compiler is not asked to carry it: with -flto it would be in another part than
 * who refers to it.
 */

        .text
        .balign 16
        nop
        .globl  action_return
        .hidden action_return
        .type   action_return, @function
action_return:
        mov     $15, %rax
        syscall
        .size   action_return, . - action_return

        .section .note.GNU-stack, "", @progbits
