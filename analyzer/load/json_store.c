// SPDX-License-Identifier: MIT
#include "load/json_store.h"

#include <pthread.h>
#include <stdlib.h>

/* Measured of a tree: nine bytes for each one of the text. */
enum { BYTES_A_BYTE = 9, SIZE_MIN = 256 };

/* Of the text that this thread parses at the moment, or NULL. */
static _Thread_local struct store *current;

static void *get_block(size_t size)
{
    return current != NULL ? store_block(current, size) : malloc(size);
}

/* While it parses, jansson frees nothing but what it has allocated meanwhile. */
static void free_block(void *block)
{
    if (current == NULL)
        free(block);
}

static void use_stores(void)
{
    json_set_alloc_funcs(get_block, free_block);
}

json_t *json_store_load(struct store *store, const char *text, size_t length, json_error_t *error)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    json_t *json;

    pthread_once(&once, use_stores);
    store->chunk_size = BYTES_A_BYTE * length + SIZE_MIN;
    current = store;
    json = json_loadb(text, length, JSON_REJECT_DUPLICATES, error);
    current = NULL;
    return json;
}
