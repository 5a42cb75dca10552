// SPDX-License-Identifier: MIT
#include "scan/visit.h"
#include "base/clock.h"
#include "scan/container.h"

enum { WORD = sizeof(uintptr_t), AHEAD = 8, AT_ONCE = 8 };

bool out_of_budget(struct state *state)
{
    struct walk *walk = state->walk;
    if (--state->countdown == 0) {
        state->countdown = CHECK_EVERY;
        walk->ran_out |=
            (walk->limit && state->view.bytes + state->region_view.bytes > walk->limit) ||
            (walk->deadline && clock_monotonic_ns() > walk->deadline);
    }
    return walk->ran_out || state->nodes.failed;
}

/* Blocks that a runtime's variable leads to are its own (a stream's buffer, made when the module
 * first wrote to it), and so are blocks that a common library made and keeps in a variable of its
 * own. A block that a thread's value or argument points to is reported without a walk. */
static bool is_reported_elsewhere(const struct state *state, uint32_t id)
{
    const struct node *node = node_at(&state->nodes, id);
    if (node->kind == ROOT_LIBC || node->kind == ROOT_RUNTIME || node->is_own)
        return true;
    return node->parent & NODE_IS_ENTRY &&
           (node->kind == ROOT_VALUE || node->kind == ROOT_ARGUMENT);
}

static bool is_own(struct state *state, uint32_t site, uint32_t parent)
{
    const struct module *owner;
    if (parent & NODE_IS_ENTRY) {
        owner = maker_of(state, site)->owner;
        return owner && root_of_entry(state, parent)->module == owner;
    }
    const struct node *before = node_at(&state->nodes, parent);
    if (!before->is_own)
        return false;
    owner = maker_of(state, site)->owner;
    return owner && maker_of(state, before->site)->owner == owner;
}

/* The block has been reached for the first time: `id` is its node. */
static void classify(struct state *state, const struct block *block, uint32_t id, uint32_t parent)
{
    struct node *node = node_at(&state->nodes, id);
    uint32_t before = parent & NODE_IS_ENTRY ? 0 : node_at(&state->nodes, parent)->group;
    struct module *maker = maker_of(state, block->site)->unloaded;
    enum result_kind kind = state->lost ? RESULT_LOST : RESULT_HELD;
    if (before) {
        node->group = before;
        struct result *result = before == GROUP_NONE ? NULL : &state->walk->results[before - 1];
        if (result && (maker == result->module || state->lost)) {
            result->hanging_blocks++;
            result->hanging_bytes += size_of(state, block);
        }
        return;
    }
    if (!maker)
        return;
    bool ours = !state->lost && is_reported_elsewhere(state, id);
    struct result *result = ours ? NULL : results_group_of(state, kind, maker, block, id);
    node->group = result ? (uint32_t)(result - state->walk->results) + 1 : GROUP_NONE;
    if (result) {
        result->blocks++;
        result->bytes += size_of(state, block);
    }
}

void reach(struct state *state, const struct block *block, uint32_t parent)
{
    blocks_mark(block, MARK_REACHED);
    struct node node = {.start = block->start, .site = block->site, .parent = parent};
    node.kind = state->lost ? ROOT_KINDS : (uint16_t)kind_of(state, parent);
    node.asked = (uint8_t)block->asked;
    node.is_own = !state->lost && is_own(state, block->site, parent);
    uint32_t id = nodes_add(&state->nodes, &node);
    if (id != NODE_FAILED)
        classify(state, block, id, parent);
}

/* A word, with those that come after it as far as they were read. */
struct place {
    uintptr_t slot;
    const uintptr_t *words;
    size_t count;
};

static bool is_deque_map(const struct state *state, uint32_t id)
{
    struct block block;
    return !(id & NODE_IS_ENTRY) &&
           blocks_find_start(state->index, node_at(&state->nodes, id)->start, &block) &&
           blocks_is_marked(&block, MARK_DEQUE_MAP);
}

static void mark_deque_map(struct state *state, uintptr_t map)
{
    struct block block;
    if (map && blocks_may_be(state->index, map) && blocks_find_start(state->index, map, &block) &&
        block.start == map)
        blocks_mark(&block, MARK_DEQUE_MAP);
}

/* Not all words of the block are live: a container has it (scan/container.h). A reference of
 * another kind says that all of it is in use. Stacks have many old pointers, and prove nothing. */
static void note_further(struct state *state, const struct block *block, const struct place *place,
                         uint32_t from)
{
    if (state->nodes.limits == 0 || state->lost || place->words[0] != block->start ||
        !blocks_is_marked(block, MARK_LIMITED) || kind_of(state, from) > ROOT_VALUE ||
        is_deque_map(state, from))
        return;
    if (!container_has(state->index, &state->path_view, place->slot, block))
        blocks_unmark(block, MARK_LIMITED);
}

static void reach_from(struct state *state, struct block *block, const struct place *place,
                       uint32_t from)
{
    struct contents contents;
    bool is_limited = !state->lost && state->follow != FOLLOW_LIBC &&
                      container_may_be(place->words, place->count, block->start) &&
                      container_find(state->index, &state->path_view, place->slot, place->words,
                                     place->count, block, &contents);
    if ((state->follow == FOLLOW_CONTAINERS && !is_limited) ||
        (state->follow == FOLLOW_LIBC && !maker_of(state, block->site)->by_libc))
        return;
    uint32_t id = state->nodes.count;
    reach(state, block, from);
    if (!is_limited || !nodes_limit(&state->nodes, id, contents.start, contents.end))
        return;
    blocks_mark(block, MARK_LIMITED);
    mark_deque_map(state, contents.map);
}

/* A word into a block, or to its end, which is not marked yet. No memory of the block or of the map
 * is read where it is. */
static void visit_pointer(struct state *state, const struct place *place, uint32_t from, bool exact)
{
    struct block block;
    uintptr_t word = walk_address(place->words[0]);
    enum mark mark = state->first_pass ? MARK_REFERENCED : MARK_REACHED;
    if (!blocks_find_start(state->index, word, &block))
        return;
    if (blocks_is_marked(&block, mark)) {
        note_further(state, &block, place, from);
        return;
    }
    if (block.start != word &&
        (exact || word != place->words[0] ||
         !blocks_extent(state->index, &state->path_view, block.start, &block.size) ||
         !walk_leads_into(word, block.start, block.size)))
        return;
    if (!blocks_know(&block))
        return;
    if (state->first_pass)
        blocks_mark(&block, mark);
    else
        reach_from(state, &block, place, from);
}

static void visit_word(struct state *state, const struct place *place, uint32_t from, bool exact)
{
    uintptr_t word = place->words[0];
    const struct range *range = ranges_find(state->walk->ranges, word);
    if (range && !range->used_again) {
        if (state->follow != FOLLOW_ALL)
            return;
        if (range->is_mapped)
            results_add_mapped(state, range, place->slot, word, from);
        else
            results_add_pointer(state, range, place->slot, word, from);
    } else if (blocks_may_be(state->index, walk_address(word))) {
        visit_pointer(state, place, from, exact);
    }
}

/* Most words lead nowhere: small numbers, text, floating point. */
static inline bool any_may_lead(const struct state *state, const uintptr_t *words)
{
    const struct index_span *spans = state->index->spans;
    const struct index_span low = spans[0], high = spans[1];
    uintptr_t lowest = state->walk->ranges->lowest, span = state->walk->ranges->span;
    bool any = false;
    for (size_t k = 0; k < AT_ONCE; k++)
        any |= (walk_address(words[k]) - low.start < low.size) |
               (walk_address(words[k]) - high.start < high.size) | (words[k] - lowest < span);
    return any;
}

static inline bool may_lead(const struct state *state, uintptr_t word)
{
    return blocks_may_be(state->index, walk_address(word)) ||
           (word >> HEAP_ADDRESS_BITS == 0 && ranges_may_have(state->walk->ranges, word));
}

/* The next word from `i` on that may lead somewhere. */
static inline size_t next_lead(const struct state *state, const uintptr_t *words, size_t i,
                               size_t count)
{
    while (i < count) {
        if (i + AT_ONCE <= count && !any_may_lead(state, words + i)) {
            i += AT_ONCE;
            continue;
        }
        for (size_t k = 0; k < AT_ONCE && i < count; k++, i++)
            if (may_lead(state, words[i]))
                return i;
    }
    return count;
}

/* The next address after so many words. After no words it is the next page: this one cannot be
 * read. */
static uintptr_t address_after(uintptr_t at, size_t count, uintptr_t end)
{
    return count ? at + count * WORD : memory_gap_end(at, end);
}

void visit_words(struct state *state, uintptr_t start, size_t size, uint32_t from, bool exact)
{
    const uintptr_t *words = NULL;
    size_t count;
    uintptr_t end = start + size;
    for (uintptr_t at = start; at + WORD <= end; at = address_after(at, count, end)) {
        count = view_words(&state->view, at, end - at, &words);
        for (size_t i = 0; (i = next_lead(state, words, i, count)) < count; i++)
            visit_word(state, &(struct place){at + i * WORD, words + i, count - i}, from, exact);
        if (out_of_budget(state))
            return;
    }
}

/* The beginnings of blocks that come soon: a heap is larger than any cache. */
static void prefetch(const struct state *state, uint32_t id)
{
    if (state->walk->place != WALK_IN_COPY || id >= state->nodes.count)
        return;
    uintptr_t start = node_at(&state->nodes, id)->start;
    __builtin_prefetch((const void *)(start - WORD));
    __builtin_prefetch((const void *)(start + 6 * WORD));
}

static void visit_between(struct state *state, uintptr_t start, uintptr_t end, uint32_t id)
{
    if (start < end)
        visit_words(state, start, end - start, id, false);
}

/* Visits everything that the present nodes lead to. */
void drain(struct state *state)
{
    while (state->done < state->nodes.count && !out_of_budget(state)) {
        uint32_t id = state->done++;
        prefetch(state, id + AHEAD);
        uintptr_t start = node_at(&state->nodes, id)->start, end;
        size_t size;
        unsigned asked = node_at(&state->nodes, id)->asked;
        const struct limit *limit = nodes_limit_of(&state->nodes, id);
        if (!blocks_extent(state->index, &state->path_view, start, &size))
            continue;
        end = start + heap_asked_bytes(size, asked);
        visit_between(state, limit ? limit->start : start,
                      limit && limit->end < end ? limit->end : end, id);
    }
}

struct block block_of(const struct state *state, uint32_t id)
{
    struct block block;
    blocks_find_start(state->index, node_at(&state->nodes, id)->start, &block);
    return block;
}

/* Visits the rest, around a container's contents, of blocks that are not a container's alone. */
void visit_rests(struct state *state)
{
    for (uint32_t i = 0; i < state->nodes.limits && !out_of_budget(state); i++) {
        struct limit limit = *nodes_limit_at(&state->nodes, i);
        struct block block = block_of(state, limit.node);
        size_t size = size_of(state, &block);
        if (!blocks_know(&block) || blocks_is_marked(&block, MARK_LIMITED))
            continue;
        blocks_mark(&block, MARK_LIMITED);
        visit_between(state, block.start, limit.start, limit.node);
        visit_between(state, limit.end, block.start + heap_asked_bytes(size, block.asked),
                      limit.node);
        drain(state);
    }
}

static void visit_region(struct state *state, const struct root *root, uint32_t number)
{
    const uintptr_t *words = NULL;
    size_t count;
    uintptr_t at = (root->start + WORD - 1) & ~(uintptr_t)(WORD - 1);
    for (; at + WORD <= root->end; at = address_after(at, count, root->end)) {
        count = view_words(&state->region_view, at, root->end - at, &words);
        for (size_t i = 0; (i = next_lead(state, words, i, count)) < count; i++) {
            uint32_t entry = nodes_enter(&state->nodes, number, at + i * WORD);
            if (entry == NODE_FAILED)
                return;
            visit_word(state, &(struct place){at + i * WORD, words + i, count - i}, entry,
                       root->exact);
        }
        if (out_of_budget(state))
            return;
    }
}

void visit_root(struct state *state, uint32_t number)
{
    const struct root *root = &state->walk->roots->list[number];
    if (root->start != root->end) {
        visit_region(state, root, number);
        return;
    }
    uint32_t entry = nodes_enter(&state->nodes, number, root->word);
    if (entry != NODE_FAILED)
        visit_word(state, &(struct place){0, &root->word, 1}, entry, false);
}
