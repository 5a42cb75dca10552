// SPDX-License-Identifier: MIT
#include "scan/blocks.h"
#include "base/arena.h"
#include "base/sys.h"
#include "base/userfaults.h"
#include "base/written.h"

enum {
    WORD = sizeof(uintptr_t),
    BITS_SHIFT = 6,
    BITS = 1 << BITS_SHIFT,
    PARTS_MAX = UINT16_MAX,
    HEAP_START_SHIFT = 4, /* glibc's blocks start at multiples of 16 */
    PAGE = 4096,
};

_Static_assert(COVER_SHIFT - HEAP_START_SHIFT >= 2 * BITS_SHIFT,
               "a chunk is one word of a summary, or several");

block_sizer *blocks_sizer;

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

/* Sets a bit for each page of the leaf's entries that was written to. */
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

static uintptr_t start_of(const struct heap_leaf *leaf, size_t granule, heap_entry entry)
{
    uintptr_t address = leaf->base + (granule << heap_granule_shift());
    return heap_start(address, entry);
}

static heap_entry entry_at(const struct heap_leaf *leaf, size_t granule)
{
    return __atomic_load_n(&leaf->entries[granule], __ATOMIC_RELAXED);
}

bool blocks_ask_size(const struct view *view, uintptr_t start, size_t *size)
{
    *size = blocks_sizer && view->in_place ? blocks_sizer((void *)start) : 0;
    return *size > 0;
}

bool blocks_have_sizes(const struct view *view)
{
    return blocks_have_heads() || (blocks_sizer && view->in_place);
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
    unsigned shift = blocks_have_heads() ? HEAP_START_SHIFT : heap_granule_shift();
    size_t words = ((size_t)1 << (HEAP_LEAF_SHIFT - shift)) / BITS;
    size_t per_leaf = (1 + MARKS) * words + words / BITS;
    size_t table = HEAP_LEAVES * sizeof(uint16_t);
    size_t parts = table + PARTS_MAX * sizeof(struct index_part);
    size_t head = sizeof(struct block_index) + pages->count * sizeof(struct leaf_index);
    size_t size = parts + head + pages->count * per_leaf * sizeof(uint64_t);
    char *memory = pages->count < NO_LEAF ? sys_map(size) : NULL;
    if (!memory)
        return NULL;
    struct block_index *index = (struct block_index *)(void *)(memory + parts);
    *index = (struct block_index){.part = (uint16_t *)(void *)memory,
                                  .parts = (struct index_part *)(void *)(memory + table),
                                  .count = pages->count,
                                  .shift = shift,
                                  .size = size,
                                  .words = words,
                                  .leaves = (struct leaf_index *)(void *)(index + 1)};
    uint64_t *bits = (uint64_t *)(void *)(memory + parts + head);
    for (unsigned i = 0; i < pages->count; i++, bits += per_leaf) {
        index->leaves[i] = (struct leaf_index){.leaf = pages->leaves[i].leaf,
                                               .starts = bits,
                                               .summary = bits + (1 + MARKS) * words,
                                               .before = NO_LEAF};
        for (unsigned mark = 0; mark < MARKS; mark++)
            index->leaves[i].marks[mark] = bits + (1 + mark) * words;
    }
    return index;
}

/* The first bit of `starts` in [bit, end), or `end`. */
static size_t first_start(const struct leaf_index *leaf, size_t bit, size_t end)
{
    for (size_t word = bit / BITS; bit < end; bit = ++word * BITS) {
        uint64_t bits = leaf->starts[word] >> bit % BITS;
        if (bits) {
            bit += (size_t)__builtin_ctzll(bits);
            return bit < end ? bit : end;
        }
        if (!(leaf->summary[word / BITS] >> word % BITS >> 1))
            word |= BITS - 1;
    }
    return end;
}

/* The first block that starts in (start, end), where one starts in the leaf; else `end`. */
static uintptr_t next_start(const struct block_index *index, const struct leaf_index *leaf,
                            uintptr_t start, uintptr_t end)
{
    size_t bits = index->words * BITS;
    for (; leaf < index->leaves + index->count && leaf->leaf.base < end; leaf++) {
        uintptr_t base = leaf->leaf.base;
        size_t from = start < base ? 0 : ((start - base) >> index->shift) + 1;
        size_t to = (end - 1 - base) >> index->shift;
        to = to < bits ? to + 1 : bits;
        size_t found = first_start(leaf, from, to);
        if (found < to)
            return base + (found << index->shift);
    }
    return end;
}

/* A size in a head that is larger than this is believed only after a check of the block's other
 * end. */
enum { BELIEVED = 1 << COVER_SHIFT };

static bool can_be_read(const struct view *view, uintptr_t start, size_t size)
{
    uintptr_t word;
    if (userfaults_are_possible()) /* the program may have to supply the other end */
        return size <= BELIEVED || memory_is_mapped(start, start + size);
    return size <= BELIEVED || ((!view->in_place || memory_is_mapped(start, start + size)) &&
                                view_copy_word((start + size - 1) & ~(uintptr_t)(WORD - 1), &word));
}

/* No live chunk of glibc's is smaller than four words (MINSIZE), one of which is the head. */
static bool extent_in_leaf(struct block_index *index, const struct leaf_index *leaf,
                           struct view *view, uintptr_t start, size_t *size)
{
    enum { LEAST = 3 * WORD };
    uint32_t flags;
    bool known = blocks_size(view, start, size, &flags);
    if (!blocks_have_heads())
        return known;
    if (!known || *size < LEAST) {
        index->overwritten = true;
        return false;
    }
    size_t room = ((uintptr_t)1 << HEAP_ADDRESS_BITS) - start, said = *size;
    if (*size > room)
        *size = room;
    uintptr_t next = next_start(index, leaf, start, start + *size);
    if (next < start + *size)
        *size = next - WORD - start;
    if (!can_be_read(view, start, *size))
        *size = memory_readable_end(start, start + *size) - start;
    index->overwritten |= *size < said;
    return true;
}

bool blocks_extent(struct block_index *index, struct view *view, uintptr_t start, size_t *size)
{
    return extent_in_leaf(index, blocks_leaf(index, start), view, start, size);
}

/* Each page of the heap in which a block starts (memory_touch). */
static void touch_heap(const struct block_index *index, const struct leaf_index *leaf)
{
    unsigned words_a_page = PAGE >> index->shift >> BITS_SHIFT;
    uint64_t page = ((uint64_t)1 << words_a_page) - 1;
    for (size_t group = 0; group < index->words / BITS; group++)
        for (uint64_t bits = leaf->summary[group]; bits;) {
            unsigned lowest = (unsigned)__builtin_ctzll(bits);
            size_t word = group * BITS + lowest;
            size_t bit = word * BITS + (size_t)__builtin_ctzll(leaf->starts[word]);
            (void)*(const volatile uintptr_t *)(leaf->leaf.base + (bit << index->shift));
            bits &= ~(page << lowest / words_a_page * words_a_page);
        }
}

/* The part for an address; made now, for the leaf, if it is new. */
static struct index_part *part_for(struct block_index *index, uintptr_t address, unsigned leaf)
{
    uint16_t *number = &index->part[address >> HEAP_LEAF_SHIFT];
    if (!*number && index->part_count + 1 < PARTS_MAX) {
        *number = (uint16_t)++index->part_count;
        index->parts[*number].leaf = (uint16_t)leaf;
    }
    return *number ? &index->parts[*number] : NULL;
}

static void extend(struct index_span *span, uintptr_t start, uintptr_t end)
{
    if (span->size == 0)
        *span = (struct index_span){start, 0};
    if (start < span->start) {
        span->size += span->start - start;
        span->start = start;
    }
    if (end > span->start + span->size)
        span->size = end - span->start;
}

/* The leaf before which the largest gap is. */
static unsigned find_gap(const struct block_index *index)
{
    uintptr_t largest = 0;
    unsigned found = 0;
    for (unsigned i = 1; i < index->count; i++) {
        uintptr_t gap = index->leaves[i].leaf.base - index->leaves[i - 1].leaf.base;
        if (gap > largest) {
            largest = gap;
            found = i;
        }
    }
    return found;
}

/* Only the last block that starts in a chunk can reach out of it. A pointer to its end is in the
 * span, too. */
static void cover(struct block_index *index, unsigned leaf, uintptr_t start, uintptr_t end)
{
    uintptr_t chunk_start = start & ~(uintptr_t)((1 << COVER_SHIFT) - 1);
    extend(&index->spans[leaf >= index->second], chunk_start, end + 1);
    for (uintptr_t at = start >> COVER_SHIFT; at <= (end - 1) >> COVER_SHIFT; at++) {
        struct index_part *part = part_for(index, at << COVER_SHIFT, leaf);
        size_t chunk = at & (COVER_BITS - 1);
        if (part)
            part->covered[chunk / BITS] |= (uint64_t)1 << chunk % BITS;
    }
}

/* The last block that starts in a chunk of the leaf; false: there is none. Where nothing is, no
 * more than the summary is read. */
static bool last_of_chunk(const struct block_index *index, const struct leaf_index *leaf,
                          size_t chunk, struct block *block)
{
    size_t groups = ((size_t)1 << (COVER_SHIFT - index->shift)) / (BITS * BITS);
    for (size_t group = (chunk + 1) * groups; group-- > chunk * groups;) {
        if (!leaf->summary[group])
            continue;
        size_t word = group * BITS + highest(leaf->summary[group]);
        block_at(index, leaf, word * BITS + highest(leaf->starts[word]), block);
        return true;
    }
    return false;
}

static size_t size_in_leaf(struct block_index *index, struct view *view, const struct block *block)
{
    size_t size;
    bool known = extent_in_leaf(index, block->leaf, view, block->start, &size);
    return known && size ? size : 1;
}

/* Where the blocks of a leaf are. Its last one may reach into others, which come later and then are
 * parts by themselves. */
static void note_parts(struct block_index *index, struct view *view, unsigned number)
{
    struct leaf_index *leaf = &index->leaves[number];
    struct index_part *own = part_for(index, leaf->leaf.base, number);
    struct block block;
    if (!own)
        return;
    if (own->leaf != number) {
        leaf->before = own->leaf;
        own->leaf = (uint16_t)number;
    }
    for (size_t chunk = 0; chunk < COVER_BITS; chunk++)
        if (last_of_chunk(index, leaf, chunk, &block))
            cover(index, number, block.start, block.start + size_in_leaf(index, view, &block));
}

struct block_index *blocks_index_make(const struct heap_pages *pages, struct view *view)
{
    struct block_index *index = map_index(pages);
    if (!index)
        return NULL;
    index->second = find_gap(index);
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

bool blocks_search_start(const struct block_index *index, uintptr_t address, struct block *block)
{
    const struct leaf_index *leaf = blocks_leaf(index, address);
    size_t last = index->words * BITS - 1, bit = (address - leaf->leaf.base) >> index->shift;
    ssize_t found = last_start(leaf, bit < last ? bit : last);
    if (found < 0 && leaf->before != NO_LEAF) {
        leaf = &index->leaves[leaf->before];
        found = last_start(leaf, last);
    }
    if (found >= 0)
        block_at(index, leaf, (size_t)found, block);
    return found >= 0;
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
