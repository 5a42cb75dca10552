// SPDX-License-Identifier: MIT
#include "scan/results.h"
#include "scan/target.h"

enum { WORD = sizeof(uintptr_t) };

/* Most blocks come from few call sites. */
const struct maker *maker_of(struct state *state, uint32_t number)
{
    struct maker *maker = &state->makers[number % MAKERS];
    if (maker->site == number)
        return maker;
    const struct site *site = site_get(number);
    struct module *unloaded = site_unloaded(site);
    if (unloaded && !ranges_have(state->walk->ranges, unloaded))
        unloaded = NULL;
    *maker = (struct maker){.site = number,
                            .unloaded = unloaded,
                            .owner = site ? site->owner.module : NULL,
                            .by_libc = site && site->by_libc,
                            .is_table = site && site->is_table};
    return maker;
}

/* The word of a node that leads to the start, into the block, or to its end. */
static uintptr_t slot_to(struct state *state, const struct step *from, uintptr_t start, size_t size)
{
    const uintptr_t *words;
    size_t count;
    for (uintptr_t at = from->start; at < from->start + from->size; at += count * WORD) {
        count = view_words(&state->path_view, at, from->start + from->size - at, &words);
        for (size_t i = 0; i < count; i++)
            if (walk_address(words[i]) == start || walk_leads_into(words[i], start, size))
                return at + i * WORD;
        if (!count)
            break;
    }
    return from->start;
}

static struct step step_of(struct state *state, uint32_t id)
{
    const struct node *node = node_at(&state->nodes, id);
    struct step step = {.start = node->start, .site = node->site};
    if (!blocks_extent(state->index, &state->path_view, node->start, &step.size))
        step.size = 0;
    return step;
}

static struct step *place_for(struct result *result, unsigned depth, unsigned length)
{
    if (length <= STEPS_MAX || depth < STEPS_MAX / 2)
        return &result->path[depth];
    if (depth >= length - STEPS_MAX / 2)
        return &result->path[STEPS_MAX - (length - depth)];
    return NULL;
}

/* Fills in the path from the root to the node `id`, which is the last step. */
static void make_path(struct state *state, struct result *result, uint32_t id)
{
    unsigned length = 1, depth;
    for (uint32_t at = id; !(at & NODE_IS_ENTRY); at = node_at(&state->nodes, at)->parent)
        length++;
    depth = length;
    result->steps = length < STEPS_MAX ? length : STEPS_MAX;
    result->skipped = length - result->steps;
    uint32_t child = NODE_IS_ENTRY;
    for (; !(id & NODE_IS_ENTRY); child = id, id = node_at(&state->nodes, id)->parent) {
        struct step *place = place_for(result, --depth, length);
        if (!place)
            continue;
        *place = step_of(state, id);
        if (child & NODE_IS_ENTRY)
            continue;
        struct step next = step_of(state, child);
        place->slot = slot_to(state, place, next.start, next.size);
    }
    const struct entry *entry = entry_at_id(&state->nodes, id);
    result->path[0] =
        (struct step){.root = state->walk->roots->list[entry->root], .slot = entry->slot};
}

static struct result *add_result(struct walk *walk)
{
    if (walk->count == RESULTS_MAX) {
        walk->dropped++;
        return NULL;
    }
    return &walk->results[walk->count++];
}

/* The same target from another block of the same call site is the same finding once more. So are
 * words of a module's variables into the data of another one, of which there are often many. */
static struct repeat repeat_of(struct state *state, const struct range *range, uintptr_t word,
                               uint32_t from)
{
    if (!(from & NODE_IS_ENTRY))
        return (struct repeat){range->module, NULL, word, node_at(&state->nodes, from)->site, 0};
    if (module_is_code(range->module, word))
        return (struct repeat){0};
    return (struct repeat){range->module, root_of_entry(state, from)->module, 0, 0, 0};
}

/* The entry for this repeat, empty or with the earlier result. There are more places than results.
 */
static struct repeat *find_repeat(struct state *state, const struct repeat *like)
{
    uintptr_t what = (uintptr_t)like->module + (uintptr_t)like->root + like->word + like->site;
    for (size_t at = (what * 0x9e3779b97f4a7c15u) >> 32;; at++) {
        struct repeat *place = &state->repeats[at % REPEATS];
        if (!place->result || (place->module == like->module && place->root == like->root &&
                               place->word == like->word && place->site == like->site))
            return place;
    }
}

static bool is_in_pool(struct state *state, uint32_t id)
{
    struct step step = step_of(state, id);
    return target_is_pool(maker_of(state, step.site)->owner, step.start, step.size);
}

/* The word from which a node was first reached. */
static uintptr_t slot_before(struct state *state, uint32_t id)
{
    struct step to = step_of(state, id);
    uint32_t parent = node_at(&state->nodes, id)->parent;
    if (parent & NODE_IS_ENTRY)
        return entry_at_id(&state->nodes, parent)->slot;
    struct step from = step_of(state, parent);
    return slot_to(state, &from, to.start, to.size);
}

/* True for a stream's pointer (struct _IO_FILE) to its buffer, in which old contents lie. */
static bool is_in_stream(uintptr_t slot)
{
    enum { MAGIC = 0xfbad, MAGIC_SHIFT = 16, POINTERS = 8 };
    uintptr_t flags;
    for (unsigned i = 1; i <= POINTERS; i++)
        if (view_copy_word(slot - i * WORD, &flags) && (flags >> MAGIC_SHIFT & 0xffff) == MAGIC)
            return true;
    return false;
}

/* A block that libc made for itself, in which the module has nothing: for a call of the module, or
 * for what a stream reads and writes. Some have words of what is over (requests of asynchronous
 * I/O), but tables for entries of others do not. */
static bool is_libcs_own(struct state *state, const struct range *range, uint32_t id)
{
    const struct node *node = node_at(&state->nodes, id);
    const struct maker *maker = maker_of(state, node->site);
    if (node->kind != ROOT_LIBC || !maker->by_libc || maker->is_table)
        return false;
    return maker->unloaded == range->module || is_in_stream(slot_before(state, id));
}

static void add_place(struct result *result, uintptr_t slot, uintptr_t start)
{
    if (result->site && result->place_count < PLACES_MAX)
        result->places[result->place_count++] = (struct in_block){slot, start};
}

void results_add_pointer(struct state *state, const struct range *range, uintptr_t slot,
                         uintptr_t word, uint32_t from)
{
    if (state->lost)
        return;
    bool direct = from & NODE_IS_ENTRY;
    enum root_kind kind = kind_of(state, from);
    uint32_t site = direct ? 0 : node_at(&state->nodes, from)->site;
    bool means_something =
        direct ? root_may_point(root_of_entry(state, from)) : root_kind_leads(kind);
    if (!means_something ||
        (!direct && (is_in_pool(state, from) || is_libcs_own(state, range, from))) ||
        site_is_older(site_get(site), range->module))
        return;
    struct repeat like = repeat_of(state, range, word, from);
    struct repeat *place = like.module ? find_repeat(state, &like) : NULL;
    if (place && place->result) {
        place->result->blocks++;
        if (!direct)
            add_place(place->result, slot, node_at(&state->nodes, from)->start);
        return;
    }
    struct result *result = add_result(state->walk);
    if (!result)
        return;
    like.result = result;
    if (place)
        *place = like;
    *result = (struct result){
        .kind = RESULT_POINTER, .module = range->module, .word = word, .site = site, .blocks = 1};
    make_path(state, result, from);
    unsigned last = result->steps - 1;
    result->path[last].slot = slot;
    result->start = result->path[last].start;
    result->size = result->path[last].size;
    add_place(result, slot, result->start);
}

/* Words in such memory that lead back to it prove nothing. */
void results_add_mapped(struct state *state, const struct range *range, uintptr_t slot,
                        uintptr_t word, uint32_t from)
{
    bool *known = &state->mapped_known[range - state->walk->ranges->list];
    struct result *result;
    bool is_doubtful = from & NODE_IS_ENTRY && !root_may_map(root_of_entry(state, from));
    if (state->lost || *known || is_doubtful || slot - range->start < range->end - range->start ||
        !(result = add_result(state->walk)))
        return;
    *known = true;
    *result = (struct result){.kind = RESULT_MAPPED,
                              .module = range->module,
                              .word = word,
                              .start = range->start,
                              .size = range->end - range->start,
                              .blocks = 1};
    make_path(state, result, from);
    result->path[result->steps - 1].slot = slot;
}

struct result *results_group_of(struct state *state, enum result_kind kind, struct module *module,
                                const struct block *block, uint32_t id)
{
    struct walk *walk = state->walk;
    uint32_t *known = nodes_group(&state->nodes, kind, block->site);
    if (!known)
        return NULL;
    if (*known)
        return &walk->results[*known - 1];
    struct result *result = add_result(walk);
    if (!result)
        return NULL;
    *known = walk->count;
    *result = (struct result){.kind = kind,
                              .module = module,
                              .site = block->site,
                              .start = block->start,
                              .size = size_of(state, block)};
    if (kind == RESULT_HELD)
        make_path(state, result, id);
    return result;
}
