// SPDX-License-Identifier: MIT
/*
 * Calls everything in dlpin.h, however it is compiled and linked. "with" says that the functions
 * must be there, "without" that they must not. C and C++.
 */
#include "dlpin.h"

#include <stdio.h>
#include <string.h>

static int evaluated;

static const void *evaluate(void)
{
    evaluated++;
    return &evaluated;
}

int main(int argc, char **argv)
{
    int wanted = argc == 2 && strcmp(argv[1], "with") == 0;

    dlpin_ignore_begin();
    dlpin_ignore_end();
    dlpin_task_begin("task");
    dlpin_task_end();
    dlpin_disown(evaluate());
    if (dlpin_check() != 0 || evaluated != wanted) {
        printf("the functions are %sthere\n", evaluated ? "" : "not ");
        return 1;
    }
    return 0;
}
