// SPDX-License-Identifier: MIT
/*
 * Defect: a thread that the plug-in made with clone(2) itself, without the C library, waits in the
 * plug-in's code, and no library knows of it.
 *
 * Report: thread-stack, dangling, error. Fix: as tidy.c.
 */
#include "host.h"
#include "plugin.h"

#include <linux/futex.h>
#include <sched.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define STACK_SIZE 65536

/* Not in the plug-in's data, which is unmapped. */
static uint32_t *shared;

/* The C library's errno is the other thread's as well: so there is no call that fails. */
static int routine(void *argument)
{
    uint32_t *state = argument;

    __atomic_store_n(state, 1, __ATOMIC_SEQ_CST);
    while (*state)
        syscall(SYS_futex, state + 1, FUTEX_WAIT_PRIVATE, 0, NULL, NULL, 0);
    return 0;
}

ENTRY(start)
{
    char *stack =
        mmap(NULL, STACK_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (stack == MAP_FAILED)
        return -1;
    shared = (uint32_t *)(void *)stack;
    pid_t tid = clone(
        routine, stack + STACK_SIZE,
        CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM, shared);

    if (tid < 0)
        return -1;
    while (!__atomic_load_n(shared, __ATOMIC_SEQ_CST))
        usleep(1000);
    host_await_blocked(tid, shared + 1);
    return 0;
}
