// SPDX-License-Identifier: MIT
/* Address ranges that unloaded modules had, or mapped, for the question whether a word points into
 * one. */
#ifndef DLPIN_SCAN_RANGES_H
#define DLPIN_SCAN_RANGES_H

#include "modules/modules.h"

enum {
    RANGES_MAX = 1024,   /* as many as the agenda has entries (modules/agenda.h) */
    RANGES_PARTS = 8192, /* bits; they take 1 KB, which stays in the cache of a processor */
};

struct range {
    uintptr_t start, end;
    struct module *module;
    bool used_again; /* something else lies there, or in a part of it */
    bool is_mapped;  /* by the module, and is still there */
};

struct ranges {
    uintptr_t lowest, span; /* of all: a word outside is in none */
    unsigned count;
    struct range list[RANGES_MAX]; /* ascending, without overlaps */
    /* Which parts of the span have something of a range in them: between many ranges lies much that
     * is mapped, and pointed to. Parts are of 1 << shift bytes; 0: not known. */
    unsigned shift;
    uint64_t parts[RANGES_PARTS / 64];
};

/* Words that point into a range. Where there are more, a walk finds them again. */
enum { HITS_MAX = 256 };

struct hit {
    uintptr_t slot, word;
};

struct hits {
    unsigned count;
    bool all;          /* there were no others, and nothing that the modules made */
    bool in_variables; /* all of them */
    uint64_t bytes;    /* that were scanned; with FILTER_TOO_MUCH: about how many there are */
    struct hit list[HITS_MAX];
};

/* Two loads that lay at one place cannot be told apart by a word: the range is the later one's. */
void ranges_add(struct ranges *ranges, struct module *module);

/* Of a module only this one address. */
void ranges_add_word(struct ranges *ranges, uintptr_t word, struct module *module);

/* Memory that the module mapped. */
void ranges_add_mapped(struct ranges *ranges, uintptr_t start, uintptr_t end,
                       struct module *module);

/* When all were added: makes ranges_find quick. */
void ranges_ready(struct ranges *ranges);

/* True if anything in [start, end) is in one. */
bool ranges_overlap(const struct ranges *ranges, uintptr_t start, uintptr_t end);

const struct range *ranges_search(const struct ranges *ranges, uintptr_t word);

/* True if the range of this module, which was added, is there. */
static inline bool ranges_have(const struct ranges *ranges, const struct module *module)
{
    const struct range *range = ranges_search(ranges, module->start);
    return range && range->module == module && !range->is_mapped;
}

static inline bool ranges_may_have(const struct ranges *ranges, uintptr_t word)
{
    uintptr_t offset = word - ranges->lowest, part = offset >> ranges->shift;
    return offset < ranges->span && (!ranges->shift || ranges->parts[part / 64] >> part % 64 & 1);
}

static inline const struct range *ranges_find(const struct ranges *ranges, uintptr_t word)
{
    return ranges_may_have(ranges, word) ? ranges_search(ranges, word) : NULL;
}

#endif
