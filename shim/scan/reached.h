// SPDX-License-Identifier: MIT
/*
 * Finds out if anything still leads to memory that unloaded modules mapped: a word in a variable,
 * in a live heap block, on a stack, or in mapped memory that is itself reached. Blocks count
 * whoever reaches them: a doubt is for the module.
 */
#ifndef DLPIN_SCAN_REACHED_H
#define DLPIN_SCAN_REACHED_H

#include <stdbool.h>

/* Examines mappings whose reach is not known. With `is_patient`: all of them, at any cost up to a
 * limit. Else those of a large process stay unknown. Under the check lock. */
void reached_examine(bool is_patient);

#endif
