// SPDX-License-Identifier: MIT
/*
 * A line of JSON, parsed into a store: a tree of hundreds of blocks costs one block of memory, and
 * threads that parse at once, or free what another one has parsed, do not wait for each other.
 *
 * The tree lives as long as the store. It may be read and copied, but not changed, and nobody may
 * give back more of its references than they took.
 */
#ifndef DLPIN_ANALYZER_JSON_STORE_H
#define DLPIN_ANALYZER_JSON_STORE_H

#include "base/store.h"

#include <jansson.h>
#include <stddef.h>

/* As json_loadb(). store is empty; if it fails, there may be something in it all the same. */
json_t *json_store_load(struct store *store, const char *text, size_t length, json_error_t *error);

#endif
