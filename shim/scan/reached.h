// SPDX-License-Identifier: MIT
/*
 * Finds out if anything still leads to memory that unloaded modules mapped, or to a block that a
 * deleted key left behind: a word in a variable, in a live heap block, on a stack, or in such
 * memory that is itself reached. Blocks count whoever reaches them: a doubt is for the module. For
 * a block that a key left behind neither stacks count, where dead words lie, nor what libc keeps.
 */
#ifndef DLPIN_SCAN_REACHED_H
#define DLPIN_SCAN_REACHED_H

#include "registry/mappings.h"
#include "scan/picture.h"

/* Examines the mappings and blocks whose reach is not known. With `is_patient`: all of them, at any
 * cost up to a limit. Else those of a large process stay unknown. Under the check lock. */
void reached_examine(bool is_patient);

/* The same in a copy of the process (lifecycle/answer.h), by a picture that was taken in the
 * process itself: of all mappings. */
void reached_examine_copy(const struct picture *picture);

/* A block that something led to when its module was unloaded. */
struct held_block {
    uintptr_t start;
    size_t size;      /* 0: it is not examined */
    enum reach reach; /* UNKNOWN until it is examined */
};

/* Finds out if anything still leads to these blocks. A word on a stack counts, dead or not, and so
 * does one in a block that is lost itself. Patient; under the check lock. */
void reached_examine_blocks(struct held_block *blocks, unsigned count);

/* The retention path to a mapping that the last examination, and no earlier one, found to be
 * reached. NULL: none is known. Valid until the next one. */
const struct result *reached_by(const struct mapped *mapped);

#endif
