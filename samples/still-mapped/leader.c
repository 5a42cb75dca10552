// SPDX-License-Identifier: MIT
/*
 * Defect: a definition to which the loader bound a library that was loaded with it and cannot be
 * unmapped; as libstdc++ is bound to templates of the first C++ plug-in of a C program.
 *
 * Report: still-mapped, with that symbol.
 *
 * Fix: the host loads the library first; or the same file, with a version script that exports only
 * the entry points (leader-entries.so).
 */
#include "plugin.h"

int given_hook_with_a_name_longer_than_one_hundred_and_twenty_eight_characters_as_those_of_templates_are_that_take_other_templates_as_arguments(
    void);
int follower_answer(void);

int given_hook_with_a_name_longer_than_one_hundred_and_twenty_eight_characters_as_those_of_templates_are_that_take_other_templates_as_arguments(
    void)
{
    return 7;
}

ENTRY(start)
{
    return follower_answer() > 0 ? 0 : -1;
}
