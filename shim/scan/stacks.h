// SPDX-License-Identifier: MIT
/*
 * Where another thread's stack is in use: its stack pointer and program counter, from
 * /proc/self/task/TID/syscall, which the kernel fills in for threads that wait in it. No signal is
 * sent and nothing is stopped.
 */
#ifndef DLPIN_SCAN_STACKS_H
#define DLPIN_SCAN_STACKS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum {
    CALL_ARGUMENTS = 6,
    /* A thread that runs is sampled so often, with so many microseconds in between: most wait in
     * the kernel at one of these times. */
    STACK_SAMPLES = 4,
    STACK_PAUSE_US = 50,
};

struct thread_stack {
    uintptr_t sp, pc;
    long call; /* the number of the system call that it waits in; -1: it waits elsewhere */
    uintptr_t arguments[CALL_ARGUMENTS];
};

/* False: it has ended, or it ran at each of a few samples. */
bool stack_sample(pid_t tid, struct thread_stack *stack);

/* The same with one sample. */
bool stack_sample_once(pid_t tid, struct thread_stack *stack);

/* The same of the calling thread while it serves a request. False: it serves none. */
bool stack_interrupted(struct thread_stack *stack);

/* Parses the line that the kernel gives of a thread in its file "syscall". False: the line does not
 * say where the stack is in use. */
bool stack_parse(const char *line, struct thread_stack *stack);

/* The number of threads in the text of /proc/self/stat; 0: it is not there. */
unsigned stack_count_in(const char *stat);

/* How many threads this process has, by the kernel's count; 0: not known. */
unsigned stack_thread_count(void);

/* True if nobody else can change the process's memory: no thread, and no process that shares it
 * (vfork(2), clone(2)). False also where that cannot be told. One system call. */
bool stack_owns_memory(void);

/* True if the calling thread is the only one; also where that cannot be told. One system call. */
bool stack_is_alone(void);

/* The threads that there are now. More than `max` are left out; *complete is false then. */
size_t stack_threads(pid_t *tids, size_t max, bool *complete);

#endif
