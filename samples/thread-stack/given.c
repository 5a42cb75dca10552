// SPDX-License-Identifier: MIT
/*
 * Defect: a thread that runs code of the host has its stack in memory of the plug-in, which is
 * unmapped or freed while the thread lives.
 *
 * Consequence: the thread's next instruction that uses the stack kills the process; so does the C
 * library, which keeps its record of the thread on this stack.
 *
 * Report: thread-stack, dangling, error.
 *
 * Fix: end the thread, and join it, before the memory is given back (the step "wake").
 */
#include "host.h"
#include "plugin.h"

#include <stddef.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <ucontext.h>

enum { SIZE = 256 << 10, SMALL_SIZE = 64 << 10 };

static char area[SIZE] __attribute__((aligned(4096)));
static void *block, *mapped;
static ucontext_t outside, inside;

static int start_on(void *stack, size_t size)
{
    pthread_attr_t attributes;
    pthread_t thread;

    if (pthread_attr_init(&attributes) != 0 ||
        pthread_attr_setstack(&attributes, stack, size) != 0 ||
        pthread_create(&thread, &attributes, host_service, NULL) != 0)
        return -1;
    host_await();
    host_await_others();
    pthread_attr_destroy(&attributes);
    return 0;
}

ENTRY(start)
{
    return start_on(area, sizeof area) == 0 ? 0 : -1;
}

ENTRY(start_block)
{
    block = aligned_alloc(64, SMALL_SIZE);
    return start_on(block, SMALL_SIZE) == 0 ? 0 : -1;
}

ENTRY(free_block)
{
    free(block);
    return 0;
}

ENTRY(start_mapped)
{
    mapped = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return start_on(mapped, SIZE) == 0 ? 0 : -1;
}

ENTRY(unmap)
{
    return munmap(mapped, SIZE) == 0 ? 0 : -1;
}

/* The calling thread continues on the plug-in's memory, in code of the host alone. */
ENTRY(switch_stack)
{
    getcontext(&inside);
    inside.uc_stack.ss_sp = area;
    inside.uc_stack.ss_size = sizeof area;
    inside.uc_link = &outside;
    makecontext(&inside, host_pause, 0);
    return swapcontext(&outside, &inside) == 0 ? 0 : -1;
}
