// SPDX-License-Identifier: MIT
/*
 * Going through memory: what the words of a root or of a block lead to, block after block. The
 * order of it all is scan/walk.c's. In a copy of the process, without locks.
 */
#ifndef DLPIN_SCAN_VISIT_H
#define DLPIN_SCAN_VISIT_H

#include "scan/results.h"

/* So many pieces of memory are scanned between two readings of the clock. */
enum { CHECK_EVERY = 64 };

/* Counts one more piece. True: the walk has to end. */
bool out_of_budget(struct state *state);

/* A block is reached for the first time, from a node or an entry. */
void reach(struct state *state, const struct block *block, uint32_t parent);

/* Everything that the words of [start, start + size) lead to directly; `exact`: only words that are
 * a block's very address count. */
void visit_words(struct state *state, uintptr_t start, size_t size, uint32_t from, bool exact);

/* The same for a root, by its number. */
void visit_root(struct state *state, uint32_t number);

/* Everything that the blocks lead to that were reached so far. */
void drain(struct state *state);

/* Visits the rest, after a container's contents, of blocks that are not a container's alone. */
void visit_rests(struct state *state);

/* The block of a node. */
struct block block_of(const struct state *state, uint32_t id);

#endif
