// SPDX-License-Identifier: MIT
#include "scan/filter.h"
#include "base/arena.h"
#include "base/sys.h"
#include "base/written.h"
#include "scan/blocks.h"
#include "scan/roots.h"
#include "scan/target.h"

#include <string.h>

enum {
    PAGE = 4096,
    WORD = sizeof(uintptr_t),
    AT_ONCE = 8, /* words */
    SPANS = 64,
    BUFFER = 32 << 10,
    MAP_PAGE = ENTRIES_PER_PAGE << HEAP_GRANULE_SHIFT, /* what a page of the map stands for */
    /* A pass reads less than the process's own memory. Where that is so many times the limit, it is
     * not begun. With 1 a python that reloads a plug-in takes 3 to 16 % more. */
    MUCH = 3,
};

/* Memory that is to be scanned, or was. */
struct span {
    uintptr_t start, end;
    const struct root *root; /* NULL: the heap, */
    uintptr_t block;         /* and this block of it; 0: any */
};

/* Where the words of a block that count are. */
struct known {
    uintptr_t start, end;
    const struct site *site;
};

struct filter {
    const struct ranges *ranges;
    const struct roots *roots;
    const struct hits *harmless;
    struct hits *hits;
    struct site_bitmap *made; /* by modules of the ranges; NULL: nothing ever was */
    struct view view;         /* for single words */
    struct known known;
    struct written written;
    uint64_t limit, bytes;
    enum filter_result result;
    bool is_sure; /* of a result: the rest is only counted */
    struct span spans[SPANS];
    struct sys_span wanted[SPANS]; /* the same, for the kernel */
    unsigned count, ending_count;
    size_t filled;            /* of the buffer, when they are read */
    uintptr_t endings[SPANS]; /* the last blocks of pages of the map */
};

static char *buffer; /* BUFFER bytes, kept */

static bool is_harmless(const struct hits *harmless, uintptr_t slot, uintptr_t word)
{
    for (unsigned i = 0; i < harmless->count; i++)
        if (harmless->list[i].slot == slot && harmless->list[i].word == word)
            return true;
    return false;
}

static void add_hit(struct filter *filter, const struct span *span, uintptr_t slot, uintptr_t word)
{
    struct hits *hits = filter->hits;
    filter->result = FILTER_SOMETHING;
    hits->in_variables &= span->root != NULL;
    hits->all &= hits->count < HITS_MAX;
    if (hits->all)
        hits->list[hits->count++] = (struct hit){slot, word};
}

/* The block in which words count. The next word is often in the same block, so the last one is
 * cached. */
static void know_block(struct filter *filter, const struct heap_block *block)
{
    size_t size;
    uint32_t flags;
    const struct site *site = site_get(block->site);
    if (filter->known.start == block->start)
        return;
    filter->known = (struct known){.start = block->start, .end = UINTPTR_MAX, .site = site};
    if (blocks_size(&filter->view, block->start, &size, &flags))
        filter->known.end = block->start + heap_asked_bytes(size, block->asked);
    if (!block->site || target_is_pool(site ? site->owner.module : NULL, block->start,
                                       filter->known.end - block->start))
        filter->known.end = block->start;
}

/* A block that is a root by itself. */
static bool is_in_root(const struct roots *roots, uintptr_t slot)
{
    for (size_t i = 0; i < roots->count; i++)
        if (roots->list[i].is_block && slot >= roots->list[i].start && slot < roots->list[i].end)
            return true;
    return false;
}

/* True if the word lies in a live block that is not older than the module. */
static bool is_in_block(struct filter *filter, const struct span *span, uintptr_t slot,
                        const struct module *module)
{
    struct heap_block block;
    uintptr_t back = span->block ? 0 : MAP_PAGE;
    if (!heap_find_before(span->block ? span->block : slot, back, &block))
        return false;
    know_block(filter, &block);
    return slot < filter->known.end && !site_is_older(filter->known.site, module) &&
           !is_in_root(filter->roots, slot);
}

static void scan_closely(struct filter *filter, const struct span *span, uintptr_t at,
                         const uintptr_t *words, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct range *range = ranges_find(filter->ranges, words[i]);
        uintptr_t slot = at + i * WORD;
        if (range && !is_harmless(filter->harmless, slot, words[i]) &&
            (span->root ? root_may_point(span->root)
                        : is_in_block(filter, span, slot, range->module)))
            add_hit(filter, span, slot, words[i]);
    }
}

static void scan_words(struct filter *filter, const struct span *span, uintptr_t at,
                       const uintptr_t *words, size_t count)
{
    uintptr_t lowest = filter->ranges->lowest, length = filter->ranges->span;
    size_t i = 0;
    for (; i + AT_ONCE <= count; i += AT_ONCE) {
        bool any = false, some = false;
        for (size_t k = 0; k < AT_ONCE; k++)
            any |= words[i + k] - lowest < length;
        for (size_t k = 0; unlikely(any) && k < AT_ONCE; k++)
            some |= ranges_may_have(filter->ranges, words[i + k]);
        if (unlikely(some))
            scan_closely(filter, span, at + i * WORD, words + i, AT_ONCE);
    }
    scan_closely(filter, span, at + i * WORD, words + i, count - i);
}

/* Scans a span, and skips parts that cannot be read. */
static void scan_slowly(struct filter *filter, const struct span *span)
{
    for (uintptr_t at = span->start; at < span->end;) {
        size_t left = span->end - at;
        ssize_t n = sys_copy_memory((const void *)at, buffer, left < BUFFER ? left : BUFFER);
        size_t count = n < WORD ? 0 : (size_t)n / WORD;
        scan_words(filter, span, at, (const uintptr_t *)(const void *)buffer, count);
        at = count ? at + count * WORD : (at & ~(uintptr_t)(PAGE - 1)) + PAGE;
    }
}

/* Reads all spans that were added in one call, and scans the rest slowly. */
static void flush(struct filter *filter)
{
    unsigned i = 0;
    size_t there = sys_copy_spans(filter->wanted, filter->count, buffer), at = 0;
    for (; i < filter->count; i++) {
        const struct span *span = &filter->spans[i];
        size_t size = span->end - span->start;
        if (at + size > there)
            break;
        scan_words(filter, span, span->start, (const uintptr_t *)(const void *)(buffer + at),
                   size / WORD);
        at += size;
    }
    for (; i < filter->count; i++)
        scan_slowly(filter, &filter->spans[i]);
    filter->count = 0;
    filter->filled = 0;
}

static void count_bytes(struct filter *filter, size_t size)
{
    filter->bytes += size;
    if (filter->bytes > filter->limit)
        filter->result = FILTER_TOO_MUCH;
}

/* Whole words, in pieces as there is room. */
static void add_span(struct filter *filter, struct span span)
{
    uintptr_t end = span.end & ~(uintptr_t)(WORD - 1);
    span.start = (span.start + WORD - 1) & ~(uintptr_t)(WORD - 1);
    if (filter->is_sure && span.start < end)
        count_bytes(filter, end - span.start);
    while (!filter->is_sure && span.start < end && filter->result != FILTER_TOO_MUCH) {
        size_t size = end - span.start, room = BUFFER - filter->filled;
        if (filter->count == SPANS || !room) {
            flush(filter);
            continue;
        }
        size = size < room ? size : room;
        span.end = span.start + size;
        filter->spans[filter->count] = span;
        filter->wanted[filter->count++] = (struct sys_span){span.start, size};
        filter->filled += size;
        span.start += size;
        count_bytes(filter, size);
    }
}

struct part {
    struct filter *filter;
    struct span span;
};

static void add_part(uintptr_t start, uintptr_t end, void *data)
{
    const struct part *part = data;
    struct span span = part->span;
    span.start = start > span.start ? start : span.start;
    span.end = end < span.end ? end : span.end;
    add_span(part->filter, span);
}

static void add_written(struct filter *filter, const struct span *span)
{
    struct part part = {filter, *span};
    if (span->end - span->start < WRITTEN_LEAST)
        add_span(filter, *span);
    else
        written_each(&filter->written, span->start, span->end, WRITTEN_LEAST / 2, add_part, &part);
}

static bool choose_made(const struct site *site, void *data)
{
    const struct ranges *ranges = data;
    const struct module *maker = site_unloaded(site);
    return maker && ranges_have(ranges, maker);
}

/* The map is enough: no memory of the program is read. The first such block ends the search. */
static bool find_made(const struct heap_leaf *leaf, size_t page, void *data)
{
    struct filter *filter = data;
    const heap_entry *entries = leaf->entries + page * ENTRIES_PER_PAGE;
    for (size_t i = 0; i < ENTRIES_PER_PAGE && !filter->is_sure; i++) {
        heap_entry entry = __atomic_load_n(&entries[i], __ATOMIC_RELAXED);
        filter->is_sure = entry && unlikely(site_is_marked(filter->made, entry >> SITE_SHIFT));
    }
    return !filter->is_sure;
}

/* The end of a map page's last block comes from the block's own head. */
static void add_endings(struct filter *filter)
{
    for (unsigned i = 0; i < filter->ending_count; i++) {
        uintptr_t start = filter->endings[i];
        size_t size;
        uint32_t flags;
        if (blocks_size(&filter->view, start, &size, &flags))
            add_written(filter, &(struct span){start, start + size, NULL, start});
    }
    filter->ending_count = 0;
}

/* Adds the span from the first block that starts there to the last one, and that block. */
static bool add_page(const struct heap_leaf *leaf, size_t page, void *data)
{
    struct filter *filter = data;
    uintptr_t first, last;
    if (!blocks_of_page(leaf, page, &first, &last))
        return true;
    add_span(filter, (struct span){first, last, NULL, 0});
    filter->endings[filter->ending_count++] = last;
    if (filter->ending_count == SPANS)
        add_endings(filter);
    return filter->result != FILTER_TOO_MUCH;
}

static void scan_all(struct filter *filter, const struct roots *roots,
                     const struct heap_pages *pages)
{
    if (filter->made)
        heap_pages_each(pages, find_made, filter);
    if (filter->is_sure) {
        filter->result = FILTER_SOMETHING;
        filter->hits->all = filter->hits->in_variables = false;
    }
    for (size_t i = 0; i < roots->count; i++) {
        const struct root *root = &roots->list[i];
        add_written(filter, &(struct span){root->start, root->end, root, 0});
    }
    heap_pages_each(pages, add_page, filter);
    add_endings(filter);
    flush(filter);
}

static void run(struct filter *filter)
{
    struct heap_pages pages;
    struct roots roots;
    roots_of_variables(&roots);
    written_open(&filter->written);
    if (!buffer)
        buffer = sys_map(BUFFER);
    if (buffer && !roots.failed &&
        sites_find_retired(choose_made, (void *)filter->ranges, &filter->made) &&
        heap_pages_read(&pages)) {
        bool is_held = sys_hold_memory();
        filter->result = FILTER_NOTHING;
        filter->roots = &roots;
        scan_all(filter, &roots, &pages);
        if (is_held)
            sys_release_memory();
        heap_pages_free(&pages);
    }
    written_close(&filter->written);
    site_bitmap_free(filter->made);
    roots_free(&roots);
}

enum filter_result filter_run(const struct ranges *ranges, uint64_t limit,
                              const struct hits *harmless, struct hits *hits)
{
    enum filter_result result = FILTER_TOO_MUCH;
    *hits = (struct hits){.all = true, .in_variables = true};
    hits->bytes = memory_private_bytes();
    struct filter *filter = hits->bytes > MUCH * limit ? NULL : arena_alloc(sizeof *filter);
    if (!filter)
        return result;
    *filter = (struct filter){
        .ranges = ranges, .harmless = harmless, .hits = hits, .limit = limit, .result = result};
    if (view_open(&filter->view, false)) {
        run(filter);
        view_close(&filter->view);
    }
    result = filter->result;
    if (result != FILTER_TOO_MUCH)
        hits->bytes = filter->bytes;
    arena_free(filter, sizeof *filter);
    return result;
}
