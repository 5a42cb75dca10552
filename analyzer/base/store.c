// SPDX-License-Identifier: MIT
#include "base/store.h"

#include "base/memory.h"

#include <stdalign.h>
#include <stdlib.h>

enum { USUAL_CHUNK_SIZE = 64 << 10 };

struct store_chunk {
    struct store_chunk *before;
    alignas(max_align_t) char bytes[];
};

/* A block that is larger than a chunk gets one of its own. */
static void add_chunk(struct store *store, size_t size)
{
    size_t usual = store->chunk_size > 0 ? store->chunk_size : USUAL_CHUNK_SIZE;
    size_t room = size < usual ? usual : size;
    struct store_chunk *chunk = memory_zeroed(sizeof *chunk + room);

    chunk->before = store->chunks;
    store->chunks = chunk;
    store->used = 0;
    store->room = room;
}

void *store_block(struct store *store, size_t size)
{
    size_t rounded =
        (size + alignof(max_align_t) - 1) / alignof(max_align_t) * alignof(max_align_t);
    void *block;

    if (rounded > store->room - store->used)
        add_chunk(store, rounded);
    block = store->chunks->bytes + store->used;
    store->used += rounded;
    return block;
}

void store_free(struct store *store)
{
    struct store_chunk *chunk = store->chunks, *before;

    for (; chunk != NULL; chunk = before) {
        before = chunk->before;
        free(chunk);
    }
    *store = (struct store){0};
}
