// SPDX-License-Identifier: MIT
/*
 * A quick hash for tables with long keys that are searched for each record. A file that includes
 * this has it in all of its tables, so everything that adds to or searches one of them stands
 * there.
 */
#ifndef DLPIN_ANALYZER_HASH_H
#define DLPIN_ANALYZER_HASH_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <uthash.h>

static inline uint64_t hash_word(uint64_t hash, uint64_t word)
{
    hash = (hash ^ word) * 0x9e3779b97f4a7c15u;
    return hash ^ hash >> 32;
}

static inline unsigned hash_bytes(const char *key, size_t length)
{
    uint64_t hash = length, word;

    for (; length >= sizeof word; key += sizeof word, length -= sizeof word) {
        memcpy(&word, key, sizeof word);
        hash = hash_word(hash, word);
    }
    word = 0;
    memcpy(&word, key, length);
    return (unsigned)hash_word(hash, word);
}

#undef HASH_FUNCTION
#define HASH_FUNCTION(key, length, hash) ((hash) = hash_bytes((const char *)(key), (length)))

#endif
