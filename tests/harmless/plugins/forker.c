// SPDX-License-Identifier: MIT
/* Registers handlers for fork, which tell the program that they ran. */
#include "../observe.h"
#include <pthread.h>

static void (*note)(int);

static void before(void)
{
    note(4);
}

static void after_in_parent(void)
{
    note(5);
}

static void after_in_child(void)
{
    note(6);
}

EXPORT(int, register_fork, void (*function)(int))
{
    note = function;
    return pthread_atfork(before, after_in_parent, after_in_child);
}
