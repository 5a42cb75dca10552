// SPDX-License-Identifier: MIT
#include "scan/walk.h"
#include "base/clock.h"
#include "base/sys.h"
#include "scan/container.h"
#include "scan/results.h"

enum { CHECK_EVERY = 64, WORD = sizeof(uintptr_t), AHEAD = 8, AT_ONCE = 8 };

static bool out_of_budget(struct state *state)
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

/* --- blocks
 * ------------------------------------------------------------------------------------------------
 */

/* What a runtime's variable leads to (a stream's buffer, made when the module first wrote to it) is
 * its business, and so is what a common library made and has in a variable of its own; and a block
 * that a thread's value or argument points to is told of without a walk. */
static bool is_told_elsewhere(const struct state *state, uint32_t id)
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
    bool ours = !state->lost && is_told_elsewhere(state, id);
    struct result *result = ours ? NULL : results_group_of(state, kind, maker, block, id);
    node->group = result ? (uint32_t)(result - state->walk->results) + 1 : GROUP_NONE;
    if (result) {
        result->blocks++;
        result->bytes += size_of(state, block);
    }
}

static void reach(struct state *state, const struct block *block, uint32_t parent)
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

/* A word, with those that come behind it as far as they were read. */
struct place {
    uintptr_t slot;
    const uintptr_t *words;
    size_t count;
};

/* The block's contents end before its words do: a container has it (scan/container.h). A reference
 * of another kind says that all of it is in use. Stacks have many old pointers, and say nothing. */
static void note_further(struct state *state, const struct block *block, const struct place *place,
                         uint32_t from)
{
    if (state->nodes.limits == 0 || state->lost || place->words[0] != block->start ||
        !blocks_is_marked(block, MARK_LIMITED) || kind_of(state, from) > ROOT_VALUE)
        return;
    if (!container_has(state->index, &state->path_view, place->slot, block))
        blocks_unmark(block, MARK_LIMITED);
}

static void reach_from(struct state *state, struct block *block, const struct place *place,
                       uint32_t from)
{
    uintptr_t end = 0;
    if (!state->lost && state->follow != FOLLOW_LIBC && place->words[0] == block->start)
        end = container_find_end(state->index, &state->path_view, place->slot, place->words,
                                 place->count, block);
    if ((state->follow == FOLLOW_CONTAINERS && !end) ||
        (state->follow == FOLLOW_LIBC && !maker_of(state, block->site)->by_libc))
        return;
    uint32_t id = state->nodes.count;
    reach(state, block, from);
    if (end && nodes_limit(&state->nodes, id, end - block->start))
        blocks_mark(block, MARK_LIMITED);
}

/* A word into a block, which is not marked yet. No memory of the block or of the map is read where
 * it is. */
static void visit_pointer(struct state *state, const struct place *place, uint32_t from, bool exact)
{
    struct block block;
    uintptr_t word = place->words[0];
    enum mark mark = state->first_pass ? MARK_REFERENCED : MARK_REACHED;
    if (!blocks_find_start(state->index, word, &block))
        return;
    if (blocks_is_marked(&block, mark)) {
        note_further(state, &block, place, from);
        return;
    }
    if (block.start != word &&
        (exact || !blocks_extent(state->index, &state->path_view, block.start, &block.size) ||
         word - block.start >= block.size))
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
        if (state->follow == FOLLOW_ALL)
            results_add_pointer(state, range, place->slot, word, from);
    } else if (blocks_may_be(state->index, word)) {
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
        any |= (words[k] - low.start < low.size) | (words[k] - high.start < high.size) |
               (words[k] - lowest < span);
    return any;
}

static inline bool may_lead(const struct state *state, uintptr_t word)
{
    return word >> HEAP_ADDRESS_BITS == 0 &&
           (blocks_may_be(state->index, word) || ranges_may_have(state->walk->ranges, word));
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

/* Where to go on behind so many words; where there were none, the page cannot be read, and those
 * behind it may be. */
static uintptr_t behind(uintptr_t at, size_t count, uintptr_t end)
{
    return count ? at + count * WORD : memory_gap_end(at, end);
}

static void visit_words(struct state *state, uintptr_t start, size_t size, uint32_t from,
                        bool exact)
{
    const uintptr_t *words = NULL;
    size_t count;
    uintptr_t end = start + size;
    for (uintptr_t at = start; at + WORD <= end; at = behind(at, count, end)) {
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

/* Everything that is reached from the nodes that there are. */
static void drain(struct state *state)
{
    while (state->done < state->nodes.count && !out_of_budget(state)) {
        uint32_t id = state->done++;
        prefetch(state, id + AHEAD);
        uintptr_t start = node_at(&state->nodes, id)->start;
        size_t size;
        unsigned asked = node_at(&state->nodes, id)->asked;
        if (!blocks_extent(state->index, &state->path_view, start, &size))
            continue;
        size = heap_asked_bytes(size, asked);
        const struct limit *limit = nodes_limit_of(&state->nodes, id);
        visit_words(state, start, limit && limit->size < size ? limit->size : size, id, false);
    }
}

static struct block block_of(const struct state *state, uint32_t id)
{
    struct block block;
    blocks_find_start(state->index, node_at(&state->nodes, id)->start, &block);
    return block;
}

/* What lies behind the contents of those blocks that are not a container's alone. */
static void visit_rests(struct state *state)
{
    for (uint32_t i = 0; i < state->nodes.limits && !out_of_budget(state); i++) {
        struct limit limit = *nodes_limit_at(&state->nodes, i);
        struct block block = block_of(state, limit.node);
        size_t size = size_of(state, &block);
        if (!blocks_know(&block) || blocks_is_marked(&block, MARK_LIMITED))
            continue;
        blocks_mark(&block, MARK_LIMITED);
        size = heap_asked_bytes(size, block.asked);
        if (limit.size < size)
            visit_words(state, block.start + limit.size, size - limit.size, limit.node, false);
        drain(state);
    }
}

/* --- roots
 * -------------------------------------------------------------------------------------------------
 */

static void visit_region(struct state *state, const struct root *root, uint32_t number)
{
    const uintptr_t *words = NULL;
    size_t count;
    uintptr_t at = (root->start + WORD - 1) & ~(uintptr_t)(WORD - 1);
    for (; at + WORD <= root->end; at = behind(at, count, root->end)) {
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

static void visit_root(struct state *state, uint32_t number)
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

/* Thread-local variables that hold nothing, or nothing yet, often lie in a block of the heap, and
 * the loader has a pointer to that: it counts as reached, but is not looked into. Unless the thread
 * has given it back since the roots were collected. */
static void set_aside(struct state *state, const struct root *root)
{
    struct block block;
    uintptr_t now;
    if (view_copy_word(root->word, &now) && now == root->start &&
        blocks_may_be(state->index, root->start) &&
        blocks_find_start(state->index, root->start, &block) &&
        blocks_extent(state->index, &state->path_view, block.start, &block.size) &&
        root->start - block.start < block.size)
        blocks_mark(&block, MARK_REACHED);
}

enum { NO_RETAINER = RETAINERS_MAX };

/* Whose variable the root is. */
static unsigned retainer_of(const struct walk *walk, const struct root *root)
{
    for (unsigned i = 0; i < walk->retainer_count; i++)
        if (walk->retainers[i].module == root->module)
            return i;
    return NO_RETAINER;
}

static void set_variables_aside(struct state *state)
{
    const struct roots *roots = state->walk->roots;
    for (size_t i = 0; i < roots->count; i++) {
        const struct root *root = &roots->list[i];
        if (root->kind == ROOT_GONE || root->is_block ||
            (root->kind == ROOT_TLS && retainer_of(state->walk, root) != NO_RETAINER))
            set_aside(state, root);
    }
}

/* Old pointers to a container's block lie on stacks, too: the containers there come first. */
static void visit_containers_on_stacks(struct state *state)
{
    const struct roots *roots = state->walk->roots;
    state->follow = FOLLOW_CONTAINERS;
    for (size_t i = 0; i < roots->count && !out_of_budget(state); i++)
        if (roots->list[i].kind == ROOT_STACK)
            visit_root(state, (uint32_t)i);
    state->follow = FOLLOW_ALL;
    drain(state);
}

static void visit_libc(struct state *state)
{
    const struct roots *roots = state->walk->roots;
    for (size_t i = 0; i < roots->count && !out_of_budget(state); i++)
        if (roots->list[i].kind == ROOT_LIBC && roots->list[i].exact)
            visit_root(state, (uint32_t)i);
    drain(state);
}

/* A block that libc made for itself while a module called it (a stream, the buffer of a function
 * like getmntent) is libc's, whoever else has a pointer to it. What else libc's variables lead to
 * is not. */
static void claim_for_libc(struct state *state)
{
    state->follow = FOLLOW_LIBC;
    visit_libc(state);
    state->follow = FOLLOW_ALL;
    state->libcs_own = state->nodes.count;
}

/* What these lead to in their turn. */
static void visit_libcs_own(struct state *state)
{
    for (uint32_t id = 0; id < state->libcs_own && !out_of_budget(state); id++) {
        struct block block = block_of(state, id);
        size_t size = size_of(state, &block);
        if (blocks_know(&block))
            visit_words(state, block.start, heap_asked_bytes(size, block.asked), id, false);
    }
}

/* Those that are variables of the retainer; NO_RETAINER: all that are of none. */
static void visit_roots(struct state *state, unsigned retainer)
{
    const struct roots *roots = state->walk->roots;
    bool saw_stack = retainer != NO_RETAINER, saw_libc = saw_stack;
    for (size_t i = 0; i < roots->count && !out_of_budget(state); i++) {
        const struct root *root = &roots->list[i];
        if (root->kind == ROOT_STACK && !saw_stack) {
            saw_stack = true;
            visit_containers_on_stacks(state);
        }
        if (root->kind == ROOT_LIBC && !saw_libc) {
            saw_libc = true;
            visit_libcs_own(state);
        }
        if (root->kind != ROOT_GONE && retainer_of(state->walk, root) == retainer)
            visit_root(state, (uint32_t)i);
        if (i + 1 == roots->count || roots->list[i + 1].kind != root->kind)
            drain(state);
    }
}

/* --- what is retained
 * -------------------------------------------------------------------------------------- */

/* Nodes of blocks, from the first to before the last. */
struct row {
    uint32_t first, last;
};

/* What the retainer's variables reach that was not reached yet. */
static struct row visit_retainer(struct state *state, unsigned retainer)
{
    struct row row = {.first = state->nodes.count};
    visit_roots(state, retainer);
    row.last = state->nodes.count;
    return row;
}

static void mark_row(struct state *state, struct row row, enum mark mark, bool set)
{
    for (uint32_t id = row.first; id < row.last; id++) {
        struct block block = block_of(state, id);
        if (set)
            blocks_mark(&block, mark);
        else
            blocks_unmark(&block, mark);
    }
}

/* Those that have the mark. */
static void add_retained(struct state *state, struct row row, struct retained_heap *heap)
{
    for (uint32_t id = row.first; id < row.last; id++) {
        struct block block = block_of(state, id);
        if (!blocks_is_marked(&block, MARK_REFERENCED))
            continue;
        heap->blocks++;
        heap->bytes += size_of(state, &block);
    }
}

/* When all else was reached. A retainer alone holds what it reaches before those that come after it
 * and, with them taken in the other order, before those that came before it. */
static void visit_retainers(struct state *state)
{
    struct row rows[RETAINERS_MAX];
    unsigned count = state->walk->retainer_count;
    for (unsigned i = 0; i < count; i++)
        rows[i] = visit_retainer(state, i);
    for (unsigned i = 0; i < count && count > 1; i++)
        mark_row(state, rows[i], MARK_REACHED, false);
    for (unsigned i = count; i-- > 0;) {
        struct row again = count > 1 ? visit_retainer(state, i) : rows[i];
        mark_row(state, rows[i], MARK_REFERENCED, true);
        add_retained(state, again, &state->walk->retainers[i].heap);
        mark_row(state, rows[i], MARK_REFERENCED, false);
    }
}

/* --- what nothing reaches
 * ---------------------------------------------------------------------------------- */

static bool is_lost(struct state *state, const struct block *block)
{
    return maker_of(state, block->site)->unloaded;
}

static bool refer(const struct block *block, void *data)
{
    struct state *state = data;
    size_t size = is_lost(state, block) ? size_of(state, block) : 0;
    if (size > 0)
        visit_words(state, block->start, heap_asked_bytes(size, block->asked), 0, false);
    return !out_of_budget(state);
}

static void lose(struct state *state, const struct block *block)
{
    reach(state, block, NODE_IS_ENTRY);
    drain(state);
}

static bool lose_directly(const struct block *block, void *data)
{
    struct state *state = data;
    if (is_lost(state, block) && !blocks_is_marked(block, MARK_REFERENCED))
        lose(state, block);
    return !out_of_budget(state);
}

static bool lose_cycles(const struct block *block, void *data)
{
    struct state *state = data;
    if (is_lost(state, block))
        lose(state, block);
    return !out_of_budget(state);
}

/* Those first to which no other lost block leads: what they lead to hangs off them. Then what leads
 * to itself in a circle. */
static void visit_lost(struct state *state)
{
    state->lost = true;
    state->first_pass = true;
    blocks_each_unmarked(state->index, MARK_REACHED, refer, state);
    state->first_pass = false;
    blocks_each_unmarked(state->index, MARK_REACHED, lose_directly, state);
    blocks_each_unmarked(state->index, MARK_REACHED, lose_cycles, state);
}

/* Only where every root is known, and where each block ends, can anything be said to be lost. In
 * the process itself a size may be wrong because it changes meanwhile; what is found there is
 * looked at once more. */
static bool may_lose(const struct state *state)
{
    const struct walk *walk = state->walk;
    return !walk->roots->failed && !walk->roots->incomplete && blocks_have_sizes(&state->view) &&
           !(walk->place == WALK_IN_COPY && state->index->overwritten);
}

/* --- what is known already
 * ------------------------------------------------------------------------------------ */

static void visit_hit(struct state *state, const struct hit *hit)
{
    const struct roots *roots = state->walk->roots;
    const struct range *range = ranges_find(state->walk->ranges, hit->word);
    size_t i = 0;
    while (i < roots->count &&
           hit->slot - roots->list[i].start >= roots->list[i].end - roots->list[i].start)
        i++;
    if (!range || i == roots->count)
        return;
    uint32_t entry = nodes_enter(&state->nodes, (uint32_t)i, hit->slot);
    if (entry != NODE_FAILED)
        results_add_pointer(state, range, hit->slot, hit->word, entry);
}

static void visit_hits(struct state *state)
{
    struct walk *walk = state->walk;
    bool ready = nodes_open(&state->nodes);
    for (unsigned i = 0; ready && i < walk->hits->count; i++)
        visit_hit(state, &walk->hits->list[i]);
    walk->no_memory = !ready || state->nodes.failed;
    walk->complete = !walk->no_memory;
    nodes_close(&state->nodes);
}

/* Blocks of the heap can be read, as far as their sizes are believed; of what else there is, less
 * is known: in a copy, too, a mapping of a moment ago may be gone. */
static bool open_views(struct state *state)
{
    const struct walk *walk = state->walk;
    bool in_copy = walk->place == WALK_IN_COPY;
    if (walk->place != WALK_BESIDE)
        state->readable = readable_open(walk->maps, in_copy);
    if (!view_open(&state->view, in_copy) || !view_open(&state->path_view, in_copy) ||
        !view_open(&state->region_view, false))
        return false;
    state->view.readable = state->path_view.readable = state->region_view.readable =
        state->readable;
    return true;
}

static void run(struct state *state)
{
    struct walk *walk = state->walk;
    bool ready = nodes_open(&state->nodes) && open_views(state);
    state->index = ready ? blocks_index_make(walk->pages, &state->path_view) : NULL;
    if (state->index) {
        set_variables_aside(state);
        claim_for_libc(state);
        visit_roots(state, NO_RETAINER);
        visit_rests(state);
        visit_retainers(state);
        if (walk->ranges->count > 0 && !out_of_budget(state) && may_lose(state))
            visit_lost(state);
        walk->complete = !out_of_budget(state) && may_lose(state);
        for (unsigned i = 0; i < walk->retainer_count; i++)
            walk->retainers[i].heap.known = walk->complete;
        walk->overwritten = walk->place == WALK_IN_COPY && state->index->overwritten;
        walk->sizes_unknown = !blocks_have_sizes(&state->view);
    }
    walk->no_memory = !state->index || state->nodes.failed || walk->roots->failed;
    walk->bytes = state->view.bytes + state->region_view.bytes;
    view_close(&state->view);
    view_close(&state->path_view);
    view_close(&state->region_view);
    readable_close(state->readable);
    nodes_close(&state->nodes);
    blocks_index_free(state->index);
}

/* Not on the stack, which may be a small one. */
void walk_run(struct walk *walk)
{
    uint64_t processor = clock_processor_ns();
    struct state *state = sys_map(sizeof *state);
    walk->no_memory = !state;
    if (state) {
        state->walk = walk;
        state->countdown = CHECK_EVERY;
        if (walk->hits)
            visit_hits(state);
        else
            run(state);
        sys_unmap(state, sizeof *state);
    }
    walk->processor = clock_processor_ns() - processor;
    walk->ended = clock_monotonic_ns();
}
