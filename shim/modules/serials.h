// SPDX-License-Identifier: MIT
/*
 * The loader's own number of each load: l_serial in its struct link_map (glibc, include/link.h).
 * The loader takes it from a counter that only rises, so it tells two loads apart that have the
 * same file, link map and addresses.
 *
 * The field is private, and its place differs between versions. It is learned from the link maps
 * themselves, as the only word that rises from each map to the next. Where no such word is found,
 * every number is 0, and loads are told apart by what the program did with them
 * (modules/sightings.c).
 */
#ifndef DLPIN_MODULES_SERIALS_H
#define DLPIN_MODULES_SERIALS_H

#include <link.h>
#include <stdbool.h>
#include <stdint.h>

/* Searches for the field, if it is not known. `first` is the program's link map, `adds` the number
 * of loads so far (dlpi_adds). Under the loader's list lock. */
void serials_learn(const struct link_map *first, unsigned long long adds);

/* The number of a load, from 1; 0: not known. The link map must not be able to go: its code is on
 * the calling thread's own stack, or the loader's list lock is held. Lock-free, signal-safe. */
uint64_t serials_of(const struct link_map *map);

/* A number that cannot be: the word is another one after all, and is not used again. */
void serials_forget(void);

#endif
