// SPDX-License-Identifier: MIT
#include "scan/blocks.h"
#include "base/arena.h"
#include "base/sys.h"

#include <string.h>

enum {
    WORD = sizeof(uintptr_t),
    BITS = 64,
    LEAVES_BACK = 16,
    PAGE = 4096,
    PAGE_PRESENT = 63,
    PAGE_SWAPPED = 62
};

block_sizer *blocks_sizer;

/* --- what is in use
 * --------------------------------------------------------------------------------------- */

static size_t pages_per_leaf(void)
{
    return heap_leaf_entries() / ENTRIES_PER_PAGE;
}

/* One bit for each page of the leaf's entries that was written to; proc(5), /proc/pid/pagemap.
 * Where the kernel does not tell: all. */
static void read_used(struct leaf_pages *leaf, uint64_t *pagemap)
{
    size_t pages = pages_per_leaf(), size = pages * sizeof *pagemap;
    off_t offset = (off_t)((uintptr_t)leaf->leaf.entries / 4096 * sizeof *pagemap);
    if (!pagemap ||
        sys_read_file_at("/proc/self/pagemap", pagemap, size, offset) != (ssize_t)size) {
        memset(leaf->used, 0xff, pages / 8);
        return;
    }
    for (size_t i = 0; i < pages; i++)
        if (pagemap[i] >> PAGE_PRESENT & 1 || pagemap[i] >> PAGE_SWAPPED & 1)
            leaf->used[i / BITS] |= (uint64_t)1 << i % BITS;
}

static void insert_leaf(struct heap_pages *pages, struct heap_leaf leaf)
{
    unsigned at = pages->count++;
    for (; at > 0 && pages->leaves[at - 1].leaf.base > leaf.base; at--)
        pages->leaves[at] = pages->leaves[at - 1];
    pages->leaves[at] = (struct leaf_pages){.leaf = leaf};
}

bool heap_pages_read(struct heap_pages *pages)
{
    unsigned count = heap_leaf_count();
    size_t per_leaf = pages_per_leaf(), pagemap_size = per_leaf * sizeof(uint64_t);
    *pages = (struct heap_pages){.leaves_size = (count + 1) * sizeof *pages->leaves,
                                 .bits_size = (count + 1) * per_leaf / 8};
    pages->leaves = arena_alloc(pages->leaves_size);
    pages->bits = arena_alloc(pages->bits_size);
    if (!pages->leaves || !pages->bits) {
        heap_pages_free(pages);
        return false;
    }
    for (unsigned i = 0; i < count; i++) {
        struct heap_leaf leaf = heap_leaf_at(i);
        if (leaf.base && leaf.entries)
            insert_leaf(pages, leaf);
    }
    uint64_t *pagemap = arena_alloc(pagemap_size);
    for (unsigned i = 0; i < pages->count; i++) {
        pages->leaves[i].used = pages->bits + i * per_leaf / BITS;
        read_used(&pages->leaves[i], pagemap);
    }
    arena_free(pagemap, pagemap_size);
    return true;
}

void heap_pages_free(struct heap_pages *pages)
{
    arena_free(pages->leaves, pages->leaves_size);
    arena_free(pages->bits, pages->bits_size);
    *pages = (struct heap_pages){0};
}

/* --- entries
 * -----------------------------------------------------------------------------------------------
 */

static uintptr_t start_of(const struct heap_leaf *leaf, size_t granule, heap_entry entry)
{
    uintptr_t address = leaf->base + (granule << heap_granule_shift());
    return heap_start(address, entry);
}

static heap_entry entry_at(const struct heap_leaf *leaf, size_t granule)
{
    return __atomic_load_n(&leaf->entries[granule], __ATOMIC_RELAXED);
}

static bool has_heads(void)
{
    return heap_granule_shift() == HEAP_GRANULE_SHIFT;
}

bool blocks_size(struct view *view, uintptr_t start, size_t *size, uint32_t *flags)
{
    uintptr_t head = 0;
    if (!has_heads()) {
        *flags = 0;
        *size = blocks_sizer && view->in_place ? blocks_sizer((void *)start) : 0;
        return *size > 0;
    }
    if (!view_word(view, start - WORD, &head))
        return false;
    *flags = (uint32_t)head & HEAP_CHUNK_FLAGS;
    *size = heap_size_of_head(head);
    return true;
}

static bool next_in_leaf(const struct leaf_pages *leaf, uintptr_t from, uintptr_t to,
                         uintptr_t *start)
{
    uintptr_t base = leaf->leaf.base;
    size_t i = from > base ? (from - base) >> heap_granule_shift() : 0;
    size_t end = (to - base) >> heap_granule_shift();
    for (end = end < heap_leaf_entries() ? end + 1 : end; i < heap_leaf_entries() && i < end; i++) {
        size_t page = i / ENTRIES_PER_PAGE;
        if (!(leaf->used[page / BITS] >> page % BITS & 1)) {
            i |= ENTRIES_PER_PAGE - 1;
            continue;
        }
        heap_entry entry = entry_at(&leaf->leaf, i);
        *start = start_of(&leaf->leaf, i, entry);
        if (entry && *start >= from && *start < to)
            return true;
    }
    return false;
}

bool heap_pages_next(const struct heap_pages *pages, uintptr_t from, uintptr_t to, uintptr_t *start)
{
    uintptr_t leaf_bytes = (uintptr_t)1 << HEAP_LEAF_SHIFT;
    for (unsigned i = 0; i < pages->count; i++) {
        const struct leaf_pages *leaf = &pages->leaves[i];
        if (leaf->leaf.base < to && leaf->leaf.base + leaf_bytes > from &&
            next_in_leaf(leaf, from, to, start))
            return true;
    }
    return false;
}

/* --- every block
 * ------------------------------------------------------------------------------------------- */

/* What was read last, for the blocks that follow. */
struct stream {
    struct view *view;
    blocks_visitor *visit;
    void *data;
    uintptr_t start, end;
    const uintptr_t *words;
};

/* How many words can be had at `at`, up to `size` bytes. */
static size_t words_at(struct stream *stream, uintptr_t at, size_t size, const uintptr_t **words)
{
    if (stream->view->in_place)
        return view_words(stream->view, at, size, words);
    if (at < stream->start || at >= stream->end) {
        size_t count = view_words(stream->view, at, VIEW_BYTES, &stream->words);
        stream->start = at;
        stream->end = at + count * WORD;
    }
    size_t there = stream->end - at;
    *words = stream->words + (at - stream->start) / WORD;
    return (size < there ? size : there) / WORD;
}

static bool head_at(struct stream *stream, struct piece *piece)
{
    const uintptr_t *head;
    if (!has_heads())
        return blocks_size(stream->view, piece->start, &piece->size, &piece->head);
    if (!words_at(stream, piece->start - WORD, WORD, &head))
        return false;
    piece->head = (uint32_t)*head & HEAP_CHUNK_FLAGS;
    piece->size = heap_size_of_head(*head);
    return true;
}

static bool stream_block(struct stream *stream, uintptr_t start, heap_entry entry)
{
    struct piece piece = {.start = start, .at = start, .site = entry >> SITE_SHIFT};
    if (!head_at(stream, &piece) || piece.size < heap_tail(entry))
        return true;
    piece.size -= heap_tail(entry);
    while (piece.at < start + piece.size) {
        piece.count = words_at(stream, piece.at, start + piece.size - piece.at, &piece.words);
        if (!piece.count)
            return true;
        if (!stream->visit(&piece, stream->data))
            return false;
        piece.at += piece.count * WORD;
    }
    return true;
}

static bool stream_page(struct stream *stream, const struct heap_leaf *leaf, size_t page)
{
    for (size_t i = page * ENTRIES_PER_PAGE; i < (page + 1) * ENTRIES_PER_PAGE; i++) {
        heap_entry entry = entry_at(leaf, i);
        if (entry && !stream_block(stream, start_of(leaf, i, entry), entry))
            return false;
    }
    return true;
}

/* Calls for every page of the leaf that is in use; false ends it. */
#define EACH_USED_PAGE(pages, leaf, page)                      \
    for (unsigned leaf = 0; leaf < (pages)->count; leaf++)     \
        for (size_t page = 0; page < pages_per_leaf(); page++) \
            if ((pages)->leaves[leaf].used[page / BITS] >> page % BITS & 1)

bool blocks_stream(const struct heap_pages *pages, struct view *view, blocks_visitor *visit,
                   void *data)
{
    struct stream stream = {.view = view, .visit = visit, .data = data};
    EACH_USED_PAGE(pages, i, page)
    if (!stream_page(&stream, &pages->leaves[i].leaf, page))
        return false;
    return true;
}

/* --- the index
 * --------------------------------------------------------------------------------------------- */

struct leaf_index {
    struct heap_leaf leaf;
    uint64_t *starts, *marks[MARKS]; /* one bit per granule */
    uint64_t *summary;               /* one bit per word of `starts` that is not 0 */
};

struct block_index {
    unsigned count;
    size_t size, words; /* of the memory; per leaf in `starts` */
    unsigned last;      /* the leaf that was asked for last */
    struct leaf_index leaves[];
};

static void index_page(struct leaf_index *leaf, size_t page)
{
    size_t first = page * ENTRIES_PER_PAGE;
    for (size_t i = first; i < first + ENTRIES_PER_PAGE; i += BITS) {
        uint64_t bits = 0;
        for (unsigned k = 0; k < BITS; k++)
            bits |= (uint64_t)(entry_at(&leaf->leaf, i + k) != 0) << k;
        leaf->starts[i / BITS] = bits;
        if (bits)
            leaf->summary[i / BITS / BITS] |= (uint64_t)1 << i / BITS % BITS;
    }
}

struct block_index *blocks_index_make(const struct heap_pages *pages)
{
    size_t words = heap_leaf_entries() / BITS, summary = words / BITS;
    size_t per_leaf = (1 + MARKS) * words + summary;
    size_t head = sizeof(struct block_index) + pages->count * sizeof(struct leaf_index);
    size_t size = head + pages->count * per_leaf * sizeof(uint64_t);
    struct block_index *index = sys_map(size);
    if (!index)
        return NULL;
    uint64_t *memory = (uint64_t *)(void *)((char *)index + head);
    index->count = pages->count;
    index->size = size;
    index->words = words;
    for (unsigned i = 0; i < pages->count; i++, memory += per_leaf)
        index->leaves[i] = (struct leaf_index){.leaf = pages->leaves[i].leaf,
                                               .starts = memory,
                                               .marks = {memory + words, memory + 2 * words},
                                               .summary = memory + (1 + MARKS) * words};
    EACH_USED_PAGE(pages, i, page)
    index_page(&index->leaves[i], page);
    return index;
}

void blocks_index_free(struct block_index *index)
{
    if (index)
        sys_unmap(index, index->size);
}

/* The leaf for an address, or NULL. */
static const struct leaf_index *leaf_of(struct block_index *index, uintptr_t address)
{
    uintptr_t base = address & ~(((uintptr_t)1 << HEAP_LEAF_SHIFT) - 1);
    unsigned low = 0, high = index->count;
    if (index->last < high && index->leaves[index->last].leaf.base == base)
        return &index->leaves[index->last];
    while (low < high) {
        unsigned middle = (low + high) / 2;
        if (index->leaves[middle].leaf.base < base)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == index->count || index->leaves[low].leaf.base != base)
        return NULL;
    index->last = low;
    return &index->leaves[low];
}

static unsigned highest(uint64_t bits)
{
    return BITS - 1 - (unsigned)__builtin_clzll(bits);
}

/* The last granule up to `granule` in which a block starts; -1: none in this leaf. */
static ssize_t last_start(const struct leaf_index *leaf, size_t granule)
{
    size_t word = granule / BITS;
    uint64_t bits = leaf->starts[word] << (BITS - 1 - granule % BITS);
    if (bits)
        return (ssize_t)(granule - (BITS - 1 - highest(bits)));
    size_t group = word / BITS;
    bits = word % BITS ? leaf->summary[group] << (BITS - word % BITS) : 0;
    if (bits) {
        word = word - (BITS - highest(bits));
        return (ssize_t)(word * BITS + highest(leaf->starts[word]));
    }
    while (group-- > 0) {
        if (!leaf->summary[group])
            continue;
        word = group * BITS + highest(leaf->summary[group]);
        return (ssize_t)(word * BITS + highest(leaf->starts[word]));
    }
    return -1;
}

static bool block_at(const struct leaf_index *leaf, size_t granule, struct block *block)
{
    heap_entry entry = entry_at(&leaf->leaf, granule);
    *block = (struct block){.start = start_of(&leaf->leaf, granule, entry),
                            .site = entry >> SITE_SHIFT,
                            .tail = heap_tail(entry),
                            .leaf = leaf,
                            .granule = granule};
    return entry != 0;
}

/* The last block of the leaf that starts up to a granule, and not behind `address`. */
static bool last_block(const struct leaf_index *leaf, size_t granule, uintptr_t address,
                       struct block *block)
{
    ssize_t found = last_start(leaf, granule);
    if (found >= 0 && block_at(leaf, (size_t)found, block) && block->start > address)
        found = found > 0 ? last_start(leaf, (size_t)found - 1) : -1;
    return found >= 0 && block_at(leaf, (size_t)found, block);
}

/* A block may begin in an earlier leaf than that of the address. */
static bool find_before(struct block_index *index, uintptr_t address, struct block *block)
{
    uintptr_t in_leaf = address & (((uintptr_t)1 << HEAP_LEAF_SHIFT) - 1);
    size_t granule = in_leaf >> heap_granule_shift();
    for (unsigned back = 0; back <= LEAVES_BACK; back++) {
        const struct leaf_index *leaf =
            leaf_of(index, address - ((uintptr_t)back << HEAP_LEAF_SHIFT));
        if (leaf && last_block(leaf, granule, address, block))
            return true;
        granule = heap_leaf_entries() - 1;
    }
    return false;
}

bool blocks_find(struct block_index *index, struct view *view, uintptr_t address, bool exact,
                 struct block *block)
{
    uint32_t flags;
    if (address >> HEAP_ADDRESS_BITS || address < PAGE || !find_before(index, address, block) ||
        (exact && block->start != address) ||
        !blocks_size(view, block->start, &block->size, &flags))
        return false;
    return address == block->start || address - block->start < block->size;
}

static uint64_t bit_of(const struct block *block)
{
    return (uint64_t)1 << block->granule % BITS;
}

bool blocks_is_marked(const struct block *block, enum mark mark)
{
    return block->leaf->marks[mark][block->granule / BITS] & bit_of(block);
}

bool blocks_mark(const struct block *block, enum mark mark)
{
    bool is_new = !blocks_is_marked(block, mark);
    block->leaf->marks[mark][block->granule / BITS] |= bit_of(block);
    return is_new;
}

static bool each_in_word(const struct leaf_index *leaf, size_t word, struct view *view,
                         index_visitor *visit, void *data)
{
    for (uint64_t bits = leaf->starts[word]; bits; bits &= bits - 1) {
        struct block block;
        uint32_t flags;
        if (block_at(leaf, word * BITS + (size_t)__builtin_ctzll(bits), &block) &&
            blocks_size(view, block.start, &block.size, &flags) && !visit(&block, data))
            return false;
    }
    return true;
}

bool blocks_each(struct block_index *index, struct view *view, index_visitor *visit, void *data)
{
    for (unsigned i = 0; i < index->count; i++) {
        const struct leaf_index *leaf = &index->leaves[i];
        for (size_t group = 0; group < index->words / BITS; group++)
            for (uint64_t bits = leaf->summary[group]; bits; bits &= bits - 1)
                if (!each_in_word(leaf, group * BITS + (size_t)__builtin_ctzll(bits), view, visit,
                                  data))
                    return false;
    }
    return true;
}
