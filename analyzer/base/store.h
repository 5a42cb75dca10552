// SPDX-License-Identifier: MIT
/* Many small blocks that are all given back at once. They cost no more than their size. */
#ifndef DLPIN_ANALYZER_STORE_H
#define DLPIN_ANALYZER_STORE_H

#include <stddef.h>

struct store_chunk;

/* All zero is an empty one. */
struct store {
    struct store_chunk *chunks;
    size_t used, room; /* of the newest */
    size_t chunk_size; /* 0: the usual one */
};

/* Zeroed, and aligned for anything. Valid until store_free(). */
void *store_block(struct store *store, size_t size) __attribute__((malloc, returns_nonnull));
void store_free(struct store *store);

#endif
