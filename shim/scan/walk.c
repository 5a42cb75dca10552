// SPDX-License-Identifier: MIT
#include "scan/walk.h"
#include "base/clock.h"
#include "base/sys.h"
#include "scan/visit.h"

/* Thread-local variables that hold nothing, or nothing yet, often lie in a block of the heap, and
 * the loader has a pointer to that: it counts as reached, but is not scanned. Unless the thread has
 * freed it since the roots were collected. */
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
        if (root->kind == ROOT_UNLOADED || root->is_block ||
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
 * like getmntent) is libc's, whoever else has a pointer to it. Other blocks that libc's variables
 * lead to are not. */
static void claim_for_libc(struct state *state)
{
    state->follow = FOLLOW_LIBC;
    visit_libc(state);
    state->follow = FOLLOW_ALL;
    state->libcs_own = state->nodes.count;
}

/* Visits the blocks that these lead to. */
static void visit_libcs_own(struct state *state)
{
    for (uint32_t id = 0; id < state->libcs_own && !out_of_budget(state); id++) {
        struct block block = block_of(state, id);
        size_t size = size_of(state, &block);
        if (blocks_know(&block))
            visit_words(state, block.start, heap_asked_bytes(size, block.asked), id, false);
    }
}

/* Visits the roots in the retainer's variables; NO_RETAINER: those of no retainer. */
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
        if (root->kind != ROOT_UNLOADED && retainer_of(state->walk, root) == retainer)
            visit_root(state, (uint32_t)i);
        if (i + 1 == roots->count || roots->list[i + 1].kind != root->kind)
            drain(state);
    }
}

/* Nodes of blocks, from the first to before the last. */
struct row {
    uint32_t first, last;
};

/* Visits the blocks that the retainer's variables reach and that were not reached yet. */
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

/* Adds the blocks that have the mark. */
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

/* After all other roots. A retainer alone holds the blocks that it reaches first both in this order
 * of the retainers and in the reverse order. */
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

/* Begins with the lost blocks to which no other lost block leads: the blocks they lead to hang off
 * them. Then come blocks that lead to themselves in a circle. */
static void visit_lost(struct state *state)
{
    state->lost = true;
    state->first_pass = true;
    blocks_each_unmarked(state->index, MARK_REACHED, refer, state);
    state->first_pass = false;
    blocks_each_unmarked(state->index, MARK_REACHED, lose_directly, state);
    blocks_each_unmarked(state->index, MARK_REACHED, lose_cycles, state);
}

/* Only where every root and every block's end is known can a block be called lost. In the process
 * itself a size may be wrong because it changes meanwhile; results from there are checked once
 * more. */
static bool may_lose(const struct state *state)
{
    const struct walk *walk = state->walk;
    return !walk->roots->failed && !walk->roots->incomplete && blocks_have_sizes(&state->view) &&
           !(walk->place == WALK_IN_COPY && state->index->overwritten);
}

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

/* Blocks of the heap can be read, as far as their sizes are believed; of other memory less is
 * known: in a copy, too, a mapping of a moment ago may be unmapped. */
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
