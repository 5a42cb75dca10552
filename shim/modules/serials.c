// SPDX-License-Identifier: MIT
#include "modules/serials.h"
#include "base/sys.h"

#include <stdatomic.h>

enum {
    WORD = sizeof(uint64_t),
    MAP_WORDS = 192,                             /* struct link_map has 150 of them in glibc 2.36 */
    FIRST_WORD = sizeof(struct link_map) / WORD, /* after the public part */
    ZEROS_MOST = 1,                              /* the loader's own map has no number */
    TRIES = 16,
};

/* In a link map; 0: not known. */
static _Atomic size_t serial_offset;
static _Atomic unsigned tries;

/* For each word of a link map: whether it may be the number, and what it was in the last map. */
struct candidates {
    bool out[MAP_WORDS];
    uint8_t zeros[MAP_WORDS];
    uint64_t last[MAP_WORDS];
    unsigned long long adds;
    unsigned maps;
};

static void judge(struct candidates *candidates, size_t at, uint64_t word)
{
    if (candidates->maps == 0) { /* the program is the first load of all */
        candidates->out[at] |= word != 0;
    } else if (word == 0) {
        candidates->out[at] |= ++candidates->zeros[at] > ZEROS_MOST;
    } else {
        candidates->out[at] |= word <= candidates->last[at] || word >= candidates->adds;
        candidates->last[at] = word;
    }
}

static void judge_map(struct candidates *candidates, const struct link_map *map)
{
    uint64_t words[MAP_WORDS];
    ssize_t length = sys_read_memory(map, words, sizeof words);
    size_t count = length > 0 ? (size_t)length / WORD : 0;
    for (size_t i = FIRST_WORD; i < MAP_WORDS; i++) {
        if (i >= count)
            candidates->out[i] = true;
        else
            judge(candidates, i, words[i]);
    }
    candidates->maps++;
}

/* The only one, which at least two maps have; 0: none, or several. */
static size_t choose(const struct candidates *candidates)
{
    size_t found = 0;
    for (size_t i = FIRST_WORD; i < MAP_WORDS; i++) {
        if (candidates->out[i] || candidates->last[i] < 2)
            continue;
        if (found)
            return 0;
        found = i;
    }
    return found;
}

void serials_learn(const struct link_map *first, unsigned long long adds)
{
    struct candidates candidates = {.adds = adds};
    if (atomic_load(&serial_offset) || atomic_fetch_add(&tries, 1) >= TRIES)
        return;
    for (const struct link_map *map = first; map; map = map->l_next)
        judge_map(&candidates, map);
    atomic_store(&serial_offset, choose(&candidates) * WORD);
}

uint64_t serials_of(const struct link_map *map)
{
    size_t offset = atomic_load_explicit(&serial_offset, memory_order_relaxed);
    if (!offset || !map)
        return 0;
    return *(const uint64_t *)(const void *)((const char *)map + offset) + 1;
}

void serials_forget(void)
{
    atomic_store(&tries, TRIES);
    atomic_store(&serial_offset, 0);
}
