// SPDX-License-Identifier: MIT
/* A library that is never unmapped and takes a function of anybody's, if there is one. */
__attribute__((weak)) int
given_hook_with_a_name_longer_than_one_hundred_and_twenty_eight_characters_as_those_of_templates_are_that_take_other_templates_as_arguments(
    void);
int follower_answer(void);

int follower_answer(void)
{
    return given_hook_with_a_name_longer_than_one_hundred_and_twenty_eight_characters_as_those_of_templates_are_that_take_other_templates_as_arguments
               ? given_hook_with_a_name_longer_than_one_hundred_and_twenty_eight_characters_as_those_of_templates_are_that_take_other_templates_as_arguments()
               : 42;
}
