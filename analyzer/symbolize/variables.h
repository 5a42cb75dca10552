// SPDX-License-Identifier: MIT
/*
 * The variables of a file, as its debug information describes them: which entry and which field of
 * one lies at an address. For image.c; symbolize.h says what may be trusted.
 */
#ifndef DLPIN_ANALYZER_VARIABLES_H
#define DLPIN_ANALYZER_VARIABLES_H

#include <elfutils/libdw.h>
#include <stdbool.h>
#include <stdint.h>

struct variables;

/* Of a file with more debug information than anybody waits for, those of a part of it. */
struct variables *variables_read(Dwarf *debug);
void variables_free(struct variables *variables);

/*
 * "[1].open": what is after the name of the variable at this address; a new string. NULL: nothing
 * is known, or there is nothing to add. is_tls: the address is an offset in the TLS segment.
 */
char *variables_part(const struct variables *variables, uint64_t address, bool is_tls);

#endif
