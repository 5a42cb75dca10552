// SPDX-License-Identifier: MIT
/*
 * The signature of a finding: what it is called in another run, on another machine, after another
 * build. It is made from names alone: no addresses, no lines, no offsets, nothing of libraries that
 * have no part in it.
 *
 * The first part stands for the kind, the identity of the module, and the deciding function: the
 * one that was registered or runs; where there is none in the module, the one of the module that
 * made the thing; of a pointer, the variable that holds it. The second part stands for the
 * functions on the stack from the module's first frame on, as long as they are the module's.
 * Another optimisation level may change the second part alone.
 *
 * Names are those of symbols. Functions that were inlined do not count, so that it makes no
 * difference whether debug information has them.
 */
#ifndef DLPIN_ANALYZER_SIGNATURE_H
#define DLPIN_ANALYZER_SIGNATURE_H

#include <stdbool.h>

#define SIGNATURE_VERSION 1
#define SIGNATURE_VERSION_NAME "dlpin/1"

enum { SIGNATURE_FIRST_PART = 8, SIGNATURE_LENGTH = 12 };

struct finding;

struct signature {
    char text[SIGNATURE_LENGTH + 1]; /* hex digits; "": not made yet */
    bool unstable;  /* the deciding frame has no name: its offset in the file stands for it */
    char *function; /* the deciding function, or variable; NULL where there is none. Owned */
};

/* The finding's frames have their names already. signature_clear() gives back what it took. */
void signature_make(struct signature *signature, const struct finding *finding);
void signature_clear(struct signature *signature);

#endif
