// SPDX-License-Identifier: MIT
/*
 * A stack of our own, for work that a program asks for on a stack that may be too small for it: a
 * signal handler on an alternate stack of 8 KB may end the process. Of the program's stack
 * own_stack_run itself takes no more than a few hundred bytes.
 *
 * One thread at a time, with signals blocked: no handler of the program runs on this stack, and
 * none interrupts the work. SIGTERM and its kin end the process as ever where they have no handler.
 * Unwinding leads from it back to the stack of the program; code that examines stack pointers asks
 * own_stack_to_program. There is an inaccessible page below it.
 *
 * Without any of our locks: its own is the outermost of them (base/lock.h).
 */
#ifndef DLPIN_BASE_OWN_STACK_H
#define DLPIN_BASE_OWN_STACK_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* Maps it, if it is not there yet. Not necessary, but later there may be no memory. */
void own_stack_prepare(void);

/* Runs work(data) on it, and returns when that returns; keeps the blocked signals and errno. False:
 * another thread had the stack for too long, or there is no memory; then nothing ran. */
bool own_stack_run(void (*work)(void *data), void *data);

/* How many threads wait for it, or have waited in vain. */
unsigned own_stack_waiters(void);

/* If *sp, the stack pointer of thread `tid`, lies on our stack, sets *sp and *pc to those with
 * which the thread left the program's stack. In any thread. */
void own_stack_to_program(pid_t tid, uintptr_t *sp, uintptr_t *pc);

/* The same for the calling thread's own stack pointer. */
void own_stack_to_program_own(uintptr_t *sp);

/* In a fork child: the thread that had it is not there. */
void own_stack_fork_child(void);

#endif
