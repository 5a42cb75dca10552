// SPDX-License-Identifier: MIT
/*
 * The quick look: has anything that was just unloaded left something behind that a scan would have
 * to explain? In the process itself, read so that it cannot fault, in one pass without a graph. It
 * comes after each unload and before each load, so it has to be quick: memory is read in large
 * pieces, blocks are only told apart where a word points into a range.
 */
#ifndef DLPIN_SCAN_FILTER_H
#define DLPIN_SCAN_FILTER_H

#include "scan/ranges.h"

enum filter_result {
    FILTER_NOTHING, /* no variable and no live block points into the ranges or was made by their
                       modules */
    FILTER_SOMETHING,
    FILTER_TOO_MUCH, /* the memory is more than may be scanned */
};

/* Scans `limit` bytes at most. Words in `harmless` do not count; `hits` gets the others. */
enum filter_result filter_run(const struct ranges *ranges, uint64_t limit,
                              const struct hits *harmless, struct hits *hits);

#endif
