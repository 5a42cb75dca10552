// SPDX-License-Identifier: MIT
/* Bytes changed, cut, doubled and moved, the same ones in each run: what a reader of text or tables
 * that it does not control must survive. */
#ifndef DLPIN_UNIT_MUTATE_H
#define DLPIN_UNIT_MUTATE_H

#include <stddef.h>
#include <stdint.h>

/* The next number below `bound`; 0 for 0. */
size_t mutate_random(size_t bound);

/* Changes bytes in place. */
void mutate_bytes(unsigned char *data, size_t size);

/* The text with some changes, of any length and without NUL in it, as a string for free(3): behind
 * it lies nothing that may be read. */
char *mutate_text(const char *text);

#endif
