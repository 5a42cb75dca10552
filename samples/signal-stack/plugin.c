// SPDX-License-Identifier: MIT
/*
 * Defect: the thread that called the plug-in handles signals on a stack that is memory of this
 * plug-in, or a block that the plug-in frees (start_block), or memory that it unmaps
 * (start_mapped).
 *
 * Consequence: the next signal to that thread whose handler was set with SA_ONSTACK is delivered to
 * unmapped memory, and the process dies.
 *
 * Report: signal-stack, dangling, error; with the thread, and the stack of the call that set it.
 * When the thread sets another stack, or ends, the finding is resolved.
 *
 * Fix: tidy.c.
 */
#include "plugin.h"

#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { SIZE = 65536 };

static char area[SIZE];
static char *block;
static void *mapped;

ENTRY(start)
{
    stack_t stack = {.ss_sp = area, .ss_size = sizeof area};

    return sigaltstack(&stack, NULL) == 0 ? 0 : -1;
}

ENTRY(start_block)
{
    block = malloc(SIZE);
    stack_t stack = {.ss_sp = block, .ss_size = SIZE};

    return block && sigaltstack(&stack, NULL) == 0 ? 0 : -1;
}

ENTRY(free_block)
{
    free(block);
    return 0;
}

ENTRY(start_mapped)
{
    mapped = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    stack_t stack = {.ss_sp = mapped, .ss_size = SIZE};

    return mapped != MAP_FAILED && sigaltstack(&stack, NULL) == 0 ? 0 : -1;
}

ENTRY(unmap)
{
    return munmap(mapped, SIZE) == 0 ? 0 : -1;
}

/* Past the C library: only the thread itself can tell. */
static int set_raw(int flags)
{
    stack_t stack = {.ss_sp = area, .ss_size = sizeof area, .ss_flags = flags};

    return syscall(SYS_sigaltstack, &stack, NULL) == 0 ? 0 : -1;
}

ENTRY(start_raw)
{
    return set_raw(0);
}

ENTRY(stop_raw)
{
    return set_raw(SS_DISABLE);
}

/* No finding: it only asks, or the kernel does not take it. */
ENTRY(ask)
{
    stack_t stack, small = {.ss_sp = area, .ss_size = 1};

    return sigaltstack(NULL, &stack) == 0 && sigaltstack(&small, NULL) != 0 ? 0 : -1;
}
