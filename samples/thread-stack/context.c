// SPDX-License-Identifier: MIT
/*
 * Defect: as plugin.c, but the thread runs the plug-in's code on another stack, as coroutines do
 * (makecontext), or has left the plug-in's frames on another one (start_suspended).
 *
 * Report: thread-stack, dangling, error, for the stack that the thread is on. dlpin does not see
 * stacks that no thread is on.
 */
#include "host.h"
#include "plugin.h"

#include <stddef.h>
#include <sys/mman.h>
#include <ucontext.h>

#define STACK_SIZE 65536

static ucontext_t outside, inside;

static void body(void)
{
    host_pause();
    swapcontext(&inside, &outside);
}

static void suspended_body(void)
{
    swapcontext(&inside, &outside);
    host_pause();
}

static int start_with(void (*function)(void))
{
    getcontext(&inside);
    inside.uc_stack.ss_sp =
        mmap(NULL, STACK_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    inside.uc_stack.ss_size = STACK_SIZE;
    inside.uc_link = NULL;
    if (inside.uc_stack.ss_sp == MAP_FAILED)
        return -1;
    makecontext(&inside, function, 0);
    return swapcontext(&outside, &inside);
}

ENTRY(wait_in_host)
{
    return start_with(body) == 0 ? 0 : -1;
}

/* The coroutine waits in the plug-in, but no thread is in it. */
ENTRY(start_suspended)
{
    return start_with(suspended_body) == 0 ? 0 : -1;
}
