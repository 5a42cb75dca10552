// SPDX-License-Identifier: MIT
/*
 * Bounds on what libdw may do to this process while it reads a file that may be a hostile one.
 *
 * libdw opens further files by itself, whose names it finds in the first: .dwo files and alternate
 * debug information. Between limits_seal() and limits_unseal() this process
 * has no descriptor left to open anything with, so whatever it tries fails before the file is
 * touched. Descriptors that are open already stay usable.
 */
#ifndef DLPIN_ANALYZER_LIMITS_H
#define DLPIN_ANALYZER_LIMITS_H

#include <sys/types.h>

void limits_seal(void);
void limits_unseal(void);

/* For a process that does nothing but read one file: from here on it may use so many seconds of
 * processor time, and memory in proportion to the files that are passed to limits_allow_file(). */
void limits_begin(unsigned seconds);
void limits_allow_file(off_t size);

#endif
