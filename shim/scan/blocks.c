// SPDX-License-Identifier: MIT
#include "scan/blocks.h"
#include "base/arena.h"
#include "base/sys.h"
#include "base/written.h"

enum { SIZE_BITS_MAX = 40 };

enum {
    WORD = sizeof(uintptr_t),
    BITS = 64,
    HEAP_START_SHIFT = 4, /* glibc's blocks start at multiples of 16 */
    PAGE = 4096,
};

block_sizer *blocks_sizer;

/* --- what is in use
 * --------------------------------------------------------------------------------------- */

static size_t pages_per_leaf(void)
{
    return heap_leaf_entries() / ENTRIES_PER_PAGE;
}

static void set_used(uintptr_t start, uintptr_t end, void *data)
{
    struct leaf_pages *leaf = data;
    size_t first = (start - (uintptr_t)leaf->leaf.entries) / PAGE, last = first;
    for (last += (end - start) / PAGE; first < last; first++)
        leaf->used[first / BITS] |= (uint64_t)1 << first % BITS;
}

/* One bit for each page of the leaf's entries that was written to. */
static void find_used(struct leaf_pages *leaf, const struct written *written)
{
    uintptr_t start = (uintptr_t)leaf->leaf.entries;
    written_each(written, start, start + pages_per_leaf() * PAGE, 1, set_used, leaf);
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
    size_t per_leaf = pages_per_leaf();
    struct written written;
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
    written_open(&written);
    for (unsigned i = 0; i < pages->count; i++) {
        pages->leaves[i].used = pages->bits + i * per_leaf / BITS;
        find_used(&pages->leaves[i], &written);
    }
    written_close(&written);
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
    /* Another thread may have freed it meanwhile; then a pointer may lie there. */
    return *size >> SIZE_BITS_MAX == 0;
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

/* For every page that is in use. */
#define EACH_USED_PAGE(pages, leaf, page)                      \
    for (unsigned leaf = 0; leaf < (pages)->count; leaf++)     \
        for (size_t page = 0; page < pages_per_leaf(); page++) \
            if ((pages)->leaves[leaf].used[page / BITS] >> page % BITS & 1)

void heap_pages_each(const struct heap_pages *pages, page_visitor *visit, void *data)
{
    EACH_USED_PAGE(pages, i, page)
    if (!visit(&pages->leaves[i].leaf, page, data))
        return;
}

bool blocks_of_page(const struct heap_leaf *leaf, size_t page, uintptr_t *first, uintptr_t *last)
{
    size_t low = page * ENTRIES_PER_PAGE, high = low + ENTRIES_PER_PAGE;
    heap_entry low_entry = 0, high_entry = 0;
    while (low < high && !(low_entry = entry_at(leaf, low)))
        low++;
    while (high > low && !(high_entry = entry_at(leaf, --high)))
        ;
    if (!low_entry || !high_entry)
        return false;
    *first = start_of(leaf, low, low_entry);
    *last = start_of(leaf, high, high_entry);
    return true;
}

/* --- the index
 * --------------------------------------------------------------------------------------------- */

enum { NO_LEAF = UINT16_MAX };

struct leaf_index {
    struct heap_leaf leaf;
    uint64_t *starts, *marks[MARKS];
    uint64_t *summary; /* one bit per word of `starts` that is not 0 */
    uint16_t before;   /* the leaf whose last block reaches into this one, or NO_LEAF */
};

static void index_page(struct leaf_index *leaf, size_t page, unsigned shift)
{
    const heap_entry *entries = leaf->leaf.entries + page * ENTRIES_PER_PAGE;
    for (size_t i = 0; i < ENTRIES_PER_PAGE; i++) {
        heap_entry entry = __atomic_load_n(&entries[i], __ATOMIC_RELAXED);
        if (!entry)
            continue;
        uintptr_t start = start_of(&leaf->leaf, page * ENTRIES_PER_PAGE + i, entry);
        size_t bit = (start - leaf->leaf.base) >> shift;
        leaf->starts[bit / BITS] |= (uint64_t)1 << bit % BITS;
        leaf->summary[bit / BITS / BITS] |= (uint64_t)1 << bit / BITS % BITS;
    }
}

static unsigned highest(uint64_t bits)
{
    return BITS - 1 - (unsigned)__builtin_clzll(bits);
}

/* The last bit of `starts` up to `bit`; -1: none in this leaf. */
static ssize_t last_start(const struct leaf_index *leaf, size_t bit)
{
    size_t word = bit / BITS;
    uint64_t bits = leaf->starts[word] << (BITS - 1 - bit % BITS);
    if (bits)
        return (ssize_t)(bit - (BITS - 1 - highest(bits)));
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

static void block_at(const struct block_index *index, const struct leaf_index *leaf, size_t bit,
                     struct block *block)
{
    *block =
        (struct block){.start = leaf->leaf.base + (bit << index->shift), .leaf = leaf, .bit = bit};
}

/* Its memory: the structure, then the table of parts, the leaves and their bitmaps. */
static struct block_index *map_index(const struct heap_pages *pages)
{
    unsigned shift = has_heads() ? HEAP_START_SHIFT : heap_granule_shift();
    size_t words = ((size_t)1 << (HEAP_LEAF_SHIFT - shift)) / BITS;
    size_t per_leaf = (1 + MARKS) * words + words / BITS;
    size_t parts = HEAP_LEAVES * sizeof(uint16_t);
    size_t head = sizeof(struct block_index) + pages->count * sizeof(struct leaf_index);
    size_t size = parts + head + pages->count * per_leaf * sizeof(uint64_t);
    char *memory = pages->count < NO_LEAF ? sys_map(size) : NULL;
    if (!memory)
        return NULL;
    struct block_index *index = (struct block_index *)(void *)(memory + parts);
    *index = (struct block_index){.part = (uint16_t *)(void *)memory,
                                  .count = pages->count,
                                  .shift = shift,
                                  .size = size,
                                  .words = words,
                                  .leaves = (struct leaf_index *)(void *)(index + 1)};
    uint64_t *bits = (uint64_t *)(void *)(memory + parts + head);
    for (unsigned i = 0; i < pages->count; i++, bits += per_leaf)
        index->leaves[i] = (struct leaf_index){.leaf = pages->leaves[i].leaf,
                                               .starts = bits,
                                               .marks = {bits + words, bits + 2 * words},
                                               .summary = bits + (1 + MARKS) * words,
                                               .before = NO_LEAF};
    return index;
}

/* By the entry of the map that its bit stands for. */
bool blocks_know(struct block *block)
{
    size_t granule = (block->start - block->leaf->leaf.base) >> heap_granule_shift();
    heap_entry entry = entry_at(&block->leaf->leaf, granule);
    block->site = entry >> SITE_SHIFT;
    block->tail = heap_tail(entry);
    return block->site != 0;
}

static bool fill(struct view *view, struct block *block)
{
    uint32_t flags;
    return blocks_know(block) && blocks_size(view, block->start, &block->size, &flags);
}

/* Each page of the heap in which a block starts (memory_touch). */
static void touch_heap(const struct block_index *index, const struct leaf_index *leaf)
{
    size_t words_a_page = (size_t)4096 >> index->shift >> 6;
    for (size_t word = 0; word < index->words; word += words_a_page) {
        size_t i = word;
        while (i < word + words_a_page && !leaf->starts[i])
            i++;
        if (i == word + words_a_page)
            continue;
        size_t bit = i * BITS + (size_t)__builtin_ctzll(leaf->starts[i]);
        (void)*(const volatile uintptr_t *)(leaf->leaf.base + (bit << index->shift));
    }
}

/* The leaf and what its last block reaches into belong together. */
static void note_parts(struct block_index *index, struct view *view, unsigned number)
{
    const struct leaf_index *leaf = &index->leaves[number];
    uintptr_t first = leaf->leaf.base >> HEAP_LEAF_SHIFT, last = first;
    ssize_t bit = last_start(leaf, index->words * BITS - 1);
    struct block block;
    if (bit < 0)
        return;
    block_at(index, leaf, (size_t)bit, &block);
    if (fill(view, &block) && block.size)
        last = (block.start + block.size - 1) >> HEAP_LEAF_SHIFT;
    index->part[first] = (uint16_t)(number + 1);
    for (unsigned next = number + 1; ++first <= last && first < HEAP_LEAVES;) {
        index->part[first] = (uint16_t)(number + 1);
        while (next < index->count && index->leaves[next].leaf.base >> HEAP_LEAF_SHIFT < first)
            next++;
        if (next < index->count && index->leaves[next].leaf.base >> HEAP_LEAF_SHIFT == first)
            index->leaves[next].before = (uint16_t)number;
    }
}

struct block_index *blocks_index_make(const struct heap_pages *pages, struct view *view)
{
    struct block_index *index = map_index(pages);
    if (!index)
        return NULL;
    EACH_USED_PAGE(pages, i, page)
    index_page(&index->leaves[i], page, index->shift);
    for (unsigned i = 0; i < index->count; i++) {
        note_parts(index, view, i);
        if (view->in_place)
            touch_heap(index, &index->leaves[i]);
    }
    return index;
}

void blocks_index_free(struct block_index *index)
{
    if (index)
        sys_unmap(index->part, index->size);
}

/* The last block that starts at `address` or before it, in this leaf or the one that reaches here.
 */
static bool find_start(const struct block_index *index, uintptr_t address, struct block *block)
{
    unsigned part = index->part[address >> HEAP_LEAF_SHIFT];
    if (!part)
        return false;
    const struct leaf_index *leaf = &index->leaves[part - 1];
    uintptr_t in_leaf = address - leaf->leaf.base;
    bool is_behind = in_leaf >> HEAP_LEAF_SHIFT;
    size_t last = index->words * BITS - 1;
    ssize_t bit = last_start(leaf, is_behind ? last : in_leaf >> index->shift);
    if (bit < 0 && leaf->before != NO_LEAF) {
        leaf = &index->leaves[leaf->before];
        bit = last_start(leaf, last);
    }
    if (bit >= 0)
        block_at(index, leaf, (size_t)bit, block);
    return bit >= 0;
}

bool blocks_find(const struct block_index *index, struct view *view, uintptr_t address, bool exact,
                 struct block *block)
{
    if (address >> HEAP_ADDRESS_BITS || !find_start(index, address, block) ||
        (exact && block->start != address) || !fill(view, block))
        return false;
    return address == block->start || address - block->start < block->size;
}

bool blocks_find_unmarked(const struct block_index *index, struct view *view, uintptr_t address,
                          bool exact, enum mark mark, struct block *block)
{
    uint32_t flags;
    if (!find_start(index, address, block) || blocks_is_marked(block, mark))
        return false;
    if (block->start == address)
        return true;
    return !exact && blocks_size(view, block->start, &block->size, &flags) &&
           address - block->start < block->size;
}

static uint64_t bit_of(const struct block *block)
{
    return (uint64_t)1 << block->bit % BITS;
}

bool blocks_is_marked(const struct block *block, enum mark mark)
{
    return block->leaf->marks[mark][block->bit / BITS] & bit_of(block);
}

bool blocks_mark(const struct block *block, enum mark mark)
{
    bool is_new = !blocks_is_marked(block, mark);
    block->leaf->marks[mark][block->bit / BITS] |= bit_of(block);
    return is_new;
}

static bool each_in_word(const struct block_index *index, const struct leaf_index *leaf,
                         size_t word, enum mark mark, index_visitor *visit, void *data)
{
    for (uint64_t bits = leaf->starts[word] & ~leaf->marks[mark][word]; bits; bits &= bits - 1) {
        struct block block;
        block_at(index, leaf, word * BITS + (size_t)__builtin_ctzll(bits), &block);
        if (!blocks_is_marked(&block, mark) && blocks_know(&block) && !visit(&block, data))
            return false;
    }
    return true;
}

bool blocks_each_unmarked(const struct block_index *index, enum mark mark, index_visitor *visit,
                          void *data)
{
    for (unsigned i = 0; i < index->count; i++) {
        const struct leaf_index *leaf = &index->leaves[i];
        for (size_t group = 0; group < index->words / BITS; group++)
            for (uint64_t bits = leaf->summary[group]; bits; bits &= bits - 1)
                if (!each_in_word(index, leaf, group * BITS + (size_t)__builtin_ctzll(bits), mark,
                                  visit, data))
                    return false;
    }
    return true;
}
