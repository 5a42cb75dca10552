// SPDX-License-Identifier: MIT
/*
 * "No deadlock … in constructors", and calls before ours: the program's .preinit_array, which runs
 * before any constructor, a library's constructor of the highest priority, and the program's own.
 */
#include "early.h"

void early_library_say(void);

static struct early preinit;
static struct early own;

static void start_first(int argc, char **argv, char **environment)
{
    (void)argc;
    (void)argv;
    (void)environment;
    early_do(&preinit);
}

__attribute__((section(".preinit_array"), used)) static void (*const first)(int, char **,
                                                                            char **) = start_first;

__attribute__((constructor(101))) static void start(void)
{
    early_do(&own);
}

int main(void)
{
    early_say("before constructors", &preinit);
    early_library_say();
    early_say("the program's constructor", &own);
    leave_something();
    say("threads %d\n", count_threads());
    return observe_status();
}
