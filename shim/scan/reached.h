// SPDX-License-Identifier: MIT
/*
 * Whether anything still leads to memory that unloaded modules mapped: a word in a variable, in a
 * live heap block, on a stack, or in mapped memory that is itself reached. Blocks count whoever
 * reaches them: a doubt is for the module.
 */
#ifndef DLPIN_SCAN_REACHED_H
#define DLPIN_SCAN_REACHED_H

#include <stdbool.h>

/* Looks for those that are not known; all of them, and whatever it costs up to a limit, where
 * `is_patient`. Else those of a large process stay unknown. Under the check lock. */
void reached_examine(bool is_patient);

#endif
