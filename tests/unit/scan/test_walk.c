// SPDX-License-Identifier: MIT
/*
 * Walks over graphs of up to 100,000 blocks against a plain search in the test. The number of
 * scanned bytes shows that each block is scanned once, and no other memory.
 */
#include "base/clock.h"
#include "base/compiler.h"
#include "made_heap.h"
#include "registry/heap.h"

#include <stdlib.h>

enum { WORD = sizeof(uintptr_t), MANY = MADE_MAX, SITE = SITE_UNKNOWN, GONE = 0x4000 };

static struct module *gone;

static void start(size_t bytes)
{
    gone = support_module("gone.so", GONE, MODULE_UNLOADED);
    ranges_add(&made_ranges, gone);
    made_heap_start(bytes);
}

/* The last word of the block points into the module, each to a place of its own. */
static uintptr_t leave(uint32_t block)
{
    static uintptr_t left;
    uintptr_t word = gone->start + ++left * WORD;
    cr_assert_lt(made.blocks[block].filled, made_scanned(block) / WORD);
    made.blocks[block].words[made_scanned(block) / WORD - 1] = word;
    return word;
}

static const struct result *result_for(const struct walk *walk, uintptr_t word)
{
    const struct result *found = NULL;
    for (unsigned i = 0; i < walk->count; i++) {
        if (walk->results[i].kind != RESULT_POINTER || walk->results[i].word != word)
            continue;
        cr_assert_null(found, "two for one word");
        found = &walk->results[i];
    }
    return found;
}

/* Each word on the path leads to the next block, as far as both are reported. */
static void check_path(const struct result *result, const struct made_block *block)
{
    unsigned length = result->steps + result->skipped;
    cr_assert_eq(length, block->distance + 1, "%u steps, not %u", length, block->distance + 1);
    cr_assert_eq(result->start, (uintptr_t)block->words);
    cr_assert_eq(result->size, block->usable);
    for (unsigned i = 0; i + 1 < result->steps; i++) {
        const struct step *here = &result->path[i], *next = here + 1;
        if (result->skipped && i + 1 == STEPS_MAX / 2)
            continue;
        uintptr_t word = *(const uintptr_t *)here->slot;
        cr_assert(word == next->start || word - next->start < next->size, "step %u", i);
        cr_assert(i == 0 || here->slot - here->start < here->size);
    }
    cr_assert_eq(*(const uintptr_t *)result->path[result->steps - 1].slot, result->word);
}

static void check_bytes(const struct walk *walk)
{
    uint64_t bytes = sizeof made.roots;
    for (uint32_t i = 0; i < made.count; i++)
        if (made.blocks[i].distance != NOT_REACHED)
            bytes += made_scanned(i);
    cr_assert_eq(walk->bytes, bytes, "%lu bytes, not %lu", walk->bytes, bytes);
}

enum { LEFT_MAX = 300 };
static uint32_t left_in[LEFT_MAX];
static uintptr_t left_word[LEFT_MAX];
static unsigned left_count;

static void leave_in(uint32_t block)
{
    left_in[left_count] = block;
    left_word[left_count++] = leave(block);
}

static void check_walk(enum walk_place place)
{
    unsigned reached = 0;
    const struct walk *walk = made_walk(place);
    cr_assert(walk->complete && !walk->ran_out && !walk->no_memory && !walk->overwritten);
    check_bytes(walk);
    for (unsigned i = 0; i < left_count; i++) {
        const struct made_block *block = &made.blocks[left_in[i]];
        const struct result *result = result_for(walk, left_word[i]);
        cr_assert_eq(result != NULL, block->distance != NOT_REACHED, "block %u", left_in[i]);
        if (result)
            check_path(result, block);
        reached += result != NULL;
    }
    cr_assert_eq(walk->count, reached);
}

static void check_walks(void)
{
    made_search();
    for (enum walk_place place = 0; place < WALK_PLACES; place++)
        check_walk(place);
}

Test(walk, a_chain)
{
    start(MANY * 64);
    for (uint32_t i = 0; i < MANY; i++)
        made_block(40, SITE);
    for (uint32_t i = 0; i + 1 < MANY; i++)
        made_point(i, i + 1, i % 40);
    made_root(0);
    for (uint32_t i = 0; i < 12; i++)
        leave_in(i);
    leave_in(MANY / 2);
    leave_in(MANY - 1);
    check_walks();
    cr_assert_eq(made.blocks[MANY - 1].distance, MANY);
}

/* Each block points to the next one and to the one before; one ring of two is reached. */
Test(walk, rings)
{
    enum { RING = 1000 };
    start(MANY * 64);
    for (uint32_t i = 0; i < MANY; i++)
        made_block(48, SITE);
    for (uint32_t i = 0; i < MANY; i++) {
        uint32_t first = i / RING * RING;
        made_point(i, first + (i - first + 1) % RING, 0);
        made_point(i, first + (i - first + RING - 1) % RING, 0);
    }
    for (uint32_t ring = 0; ring < ROOT_WORDS; ring += 2)
        made_root(ring * RING + RING / 3);
    for (uint32_t i = 0; i < LEFT_MAX; i++)
        leave_in(i * (MANY / LEFT_MAX));
    check_walks();
    cr_assert_eq(made.blocks[RING / 3 + RING / 2].distance, RING / 2 + 1);
}

/* A block with pointers to all others, each of which points back to it. */
Test(walk, a_star)
{
    start((size_t)MANY * 48);
    made_block((MANY - 1) * WORD, SITE);
    for (uint32_t i = 1; i < MANY; i++) {
        made_block(24, SITE);
        made_point(0, i, 0);
        made_point(i, 0, made_random(made.blocks[0].usable));
    }
    made_root(0);
    for (uint32_t i = 1; i <= LEFT_MAX; i++)
        leave_in(i * 300);
    check_walks();
}

static void make_graph(unsigned edges_of_ten, uint32_t site)
{
    start((size_t)MANY * 176);
    for (uint32_t i = 0; i < MANY; i++)
        made_block(24 + made_random(128), i % 3 ? SITE : site);
    for (uint32_t i = 0; i < MANY / 10 * edges_of_ten; i++) {
        uint32_t from = (uint32_t)made_random(MANY), to = (uint32_t)made_random(MANY);
        if (made.blocks[from].filled + 1 < made_scanned(from) / WORD)
            made_point(from, to, made_random(2) ? 0 : made_random(made.blocks[to].usable));
    }
    for (unsigned i = 0; i < 8; i++)
        made_root((uint32_t)made_random(MANY));
}

/* With one edge and a half for each block, about half of them are reached. */
Test(walk, a_graph_in_two_parts)
{
    make_graph(15, SITE);
    for (uint32_t i = 0; i < LEFT_MAX; i++)
        leave_in(i * 331);
    check_walks();
    size_t reached = 0;
    for (uint32_t i = 0; i < MANY; i++)
        reached += made.blocks[i].distance != NOT_REACHED;
    cr_assert(reached > MANY / 4 && reached < 3 * MANY / 4, "the test shows less than it should");
}

Test(walk, a_dense_graph)
{
    make_graph(38, SITE);
    for (uint32_t i = 0; i < LEFT_MAX; i++)
        leave_in(i * 331);
    check_walks();
}

static void search_without_roots_of(unsigned retainer)
{
    struct made_heap whole = made;
    unsigned first = retainer * made.own_roots;
    made.root_count -= made.own_roots;
    for (unsigned i = first; i < made.root_count; i++)
        made.root_blocks[i] = whole.root_blocks[i + made.own_roots];
    made_search();
    made = whole;
}

/* The blocks that are reached only through the retainer's variables. */
static struct retained_heap search_retained(unsigned retainer)
{
    struct retained_heap heap = {.known = true};
    bool *is_elsewhere = calloc(MANY, sizeof *is_elsewhere);
    cr_assert_not_null(is_elsewhere);
    search_without_roots_of(retainer);
    for (uint32_t i = 0; i < MANY; i++)
        is_elsewhere[i] = made.blocks[i].distance != NOT_REACHED;
    made_search();
    for (uint32_t i = 0; i < MANY; i++) {
        if (made.blocks[i].distance == NOT_REACHED || is_elsewhere[i])
            continue;
        heap.blocks++;
        heap.bytes += made.blocks[i].usable;
    }
    free(is_elsewhere);
    return heap;
}

static void check_retained(unsigned retainers, unsigned own_roots)
{
    static const char *const names[] = {"a.so", "b.so", "c.so"};
    struct module *modules[ARRAY_SIZE(names)];
    struct retained_heap expected[ARRAY_SIZE(names)];
    make_graph(10, SITE);
    while (made.root_count < ROOT_WORDS)
        made_root((uint32_t)made_random(MANY));
    made.own_roots = own_roots;
    for (unsigned i = 0; i < retainers; i++) {
        modules[i] = support_module(names[i], 0x200000 * (i + 1), MODULE_CLOSED);
        expected[i] = search_retained(i);
        cr_assert(expected[i].blocks > 50 && expected[i].blocks < MANY / 2,
                  "the test shows less than it should: %zu", expected[i].blocks);
    }
    for (enum walk_place place = 0; place < WALK_PLACES; place++) {
        const struct walk *walk = made_walk_of(modules, retainers, place);
        cr_assert(walk->complete);
        if (retainers == 1)
            check_bytes(walk); /* with more some are scanned twice */
        for (unsigned i = 0; i < retainers; i++) {
            const struct retained_heap *heap = &walk->retainers[i].heap;
            cr_assert(heap->known);
            cr_assert_eq(heap->blocks, expected[i].blocks, "%u: %zu, not %zu", i, heap->blocks,
                         expected[i].blocks);
            cr_assert_eq(heap->bytes, expected[i].bytes);
        }
    }
}

Test(walk, what_a_module_retains)
{
    check_retained(1, ROOT_WORDS - 4);
}

/* Blocks that two modules reach belong to neither. */
Test(walk, what_each_of_some_modules_retains)
{
    check_retained(3, ROOT_WORDS / 3 - 1);
}

/* The loader still has a pointer to a thread's variables of an unloaded module. */
static void check_unloaded_tls(uintptr_t now, bool is_scanned)
{
    made.gone_tls_now = now;
    for (enum walk_place place = 0; place < WALK_PLACES; place++) {
        const struct walk *walk = made_walk(place);
        uint64_t blocks = is_scanned ? made_scanned(0) + made_scanned(1) : 0;
        cr_assert(walk->complete);
        cr_assert_eq(walk->bytes, sizeof made.roots + blocks);
    }
}

Test(walk, unloaded_variables)
{
    start(4096);
    made_block(100, SITE);
    made_block(40, SITE);
    made_point(0, 1, 0);
    made_root(0);
    check_unloaded_tls(0, true);
    made.gone_tls = made_start(0) + 16;
    check_unloaded_tls(made.gone_tls, false);
    /* The thread gave it back, and it is somebody else's now. */
    check_unloaded_tls(UINTPTR_MAX, true);
}

static void site(void *data)
{
    *(uint32_t *)data =
        site_here((uintptr_t)__builtin_return_address(0), (uintptr_t)__builtin_dwarf_cfa());
}

struct sums {
    size_t blocks, bytes;
};

static void add(struct sums *sums, uint32_t block)
{
    sums->blocks++;
    sums->bytes += made.blocks[block].usable;
}

/* Held: all that the module made and a root reaches. Lost: what no root reaches, if the module made
 * it or it hangs off what the module made. */
static void expect_sums(uint32_t number, struct sums *held, struct sums *lost)
{
    struct made_heap whole = made;
    made_search();
    for (uint32_t i = 0; i < MANY; i++)
        if (made.blocks[i].distance != NOT_REACHED && made.blocks[i].site == number)
            add(held, i);
    bool *is_reached = calloc(MANY, sizeof *is_reached), *is_lost = calloc(MANY, sizeof *is_lost);
    cr_assert(is_reached && is_lost);
    for (uint32_t i = 0; i < MANY; i++) {
        is_reached[i] = made.blocks[i].distance != NOT_REACHED;
        is_lost[i] = !is_reached[i] && made.blocks[i].site == number;
    }
    for (bool more = true; more;) {
        more = false;
        for (size_t i = 0; i < whole.edge_count; i++) {
            struct made_edge edge = whole.edges[i];
            if (!is_lost[edge.from] || is_lost[edge.to] || is_reached[edge.to])
                continue;
            more = is_lost[edge.to] = true;
        }
    }
    for (uint32_t i = 0; i < MANY; i++)
        if (is_lost[i])
            add(lost, i);
    free(is_reached);
    free(is_lost);
}

static struct sums sum_of(const struct walk *walk, enum result_kind kind)
{
    struct sums sums = {0};
    for (unsigned i = 0; i < walk->count; i++) {
        const struct result *result = &walk->results[i];
        sums.blocks += result->kind == kind ? result->blocks + result->hanging_blocks : 0;
        sums.bytes += result->kind == kind ? result->bytes + result->hanging_bytes : 0;
    }
    return sums;
}

Test(walk, what_a_module_made_is_held_or_lost)
{
    struct sums held = {0}, lost = {0}, found;
    uint32_t number;
    support_start();
    struct plugin plugin = support_open("plugin");
    plugin.call(site, &number);
    make_graph(15, number);
    support_close(&plugin);
    ranges_add(&made_ranges, plugin.module);
    expect_sums(number, &held, &lost);
    for (enum walk_place place = 0; place < WALK_PLACES; place++) {
        const struct walk *walk = made_walk(place);
        cr_assert(walk->complete);
        found = sum_of(walk, RESULT_HELD);
        cr_assert(found.blocks == held.blocks && found.bytes == held.bytes);
        found = sum_of(walk, RESULT_LOST);
        cr_assert_eq(found.blocks, lost.blocks, "%zu lost, not %zu", found.blocks, lost.blocks);
        cr_assert_eq(found.bytes, lost.bytes);
    }
    cr_assert(held.blocks > 1000 && lost.blocks > 1000, "the test shows less than it should");
}

/* Nothing at all is reached, and what is lost points into the module. */
Test(walk, a_lost_block_with_a_pointer_and_no_other_block)
{
    uint32_t number;
    support_start();
    struct plugin plugin = support_open("plugin");
    plugin.call(site, &number);
    start(4096);
    leave(made_block(40, number));
    support_close(&plugin);
    ranges_add(&made_ranges, plugin.module);
    for (enum walk_place place = 0; place < WALK_PLACES; place++) {
        const struct walk *walk = made_walk(place);
        cr_assert(walk->complete);
        cr_assert_eq(walk->count, 1);
        cr_assert_eq(walk->results[0].kind, RESULT_LOST);
    }
}

static bool reaches(uintptr_t word)
{
    made.roots[0] = word;
    bool found = made_walk(WALK_IN_COPY)->count;
    cr_assert_eq(made_walk(WALK_BESIDE)->count, found);
    return found;
}

Test(walk, which_addresses_lead_to_a_block)
{
    start(4096);
    uint32_t before = made_block(40, SITE), block = made_block(40, SITE),
             behind = made_block(40, SITE);
    uintptr_t at = made_start(block);
    leave(block);
    cr_assert(reaches(at) && reaches(at + 1) && reaches(at + 39));
    cr_assert_not(reaches(at - 1), "the head, which is the one before's end");
    cr_assert(reaches(at + 40), "the end");
    cr_assert_not(reaches(at + 41), "one past the end");
    cr_assert_not(reaches(made_start(before)) || reaches(made_start(behind)));
    made.blocks[behind].words[0] = at + 41;
    cr_assert_not(reaches(made_start(behind)), "one past the end, from another block");
    made.blocks[behind].words[0] = at + 40;
    cr_assert(reaches(made_start(behind)));
}

Test(walk, what_else_lies_in_a_word)
{
    uintptr_t tag = (uintptr_t)0xfffd << 48;
    start(4096);
    uint32_t block = made_block(40, SITE), holder = made_block(40, SITE);
    uintptr_t at = made_start(block);
    leave(block);
    cr_assert(reaches(at | tag));
    cr_assert_not(reaches((at + 8) | tag), "only a start");
    made.blocks[holder].words[1] = at | tag;
    cr_assert(reaches(made_start(holder)));
    made.blocks[holder].words[1] = gone->start | tag;
    cr_assert_not(reaches(made_start(holder)), "too little for a finding");
}

/* malloc(0) has room for three words, none of which was asked for. */
Test(walk, blocks_of_no_size)
{
    start(4096);
    uint32_t block = made_block(0, SITE), other = made_block(8, SITE);
    made.blocks[block].words[0] = made_start(other);
    made.blocks[other].words[0] = gone->start;
    cr_assert(reaches(made_start(other)));
    cr_assert_not(reaches(made_start(block)));
    heap_use_all((void *)made_start(block));
    cr_assert(reaches(made_start(block)), "the program asked how much it may use");
    made.blocks[block].words[0] = made_start(other) + 25;
    cr_assert_not(reaches(made_start(block)));
}

/* Bytes of an old pointer behind a string that does not fill its last word. */
Test(walk, a_last_word_that_is_partly_used)
{
    start(4096);
    uint32_t block = made_block(18, SITE), whole = made_block(24, SITE);
    made.blocks[block].words[2] = gone->start;
    made.blocks[whole].words[2] = gone->start;
    cr_assert_not(reaches(made_start(block)));
    cr_assert(reaches(made_start(whole)));
}

Test(walk, a_variable_at_an_odd_address)
{
    static _Alignas(16) char bytes[4 * WORD];
    struct root root = {
        .kind = ROOT_DATA, .start = (uintptr_t)bytes + 3, .end = (uintptr_t)bytes + sizeof bytes};
    struct roots roots = {.list = &root, .count = 1};
    struct heap_pages pages;
    struct maps maps;
    static struct walk walk;
    start(4096);
    uint32_t block = made_block(40, SITE);
    leave(block);
    ((uintptr_t *)(void *)bytes)[2] = made_start(block);
    ranges_ready(&made_ranges);
    cr_assert(heap_pages_read(&pages) && maps_read(&maps));
    for (enum walk_place place = 0; place < WALK_PLACES; place++) {
        walk = (struct walk){.ranges = &made_ranges,
                             .roots = &roots,
                             .pages = &pages,
                             .maps = &maps,
                             .place = place};
        walk_run(&walk);
        cr_assert_eq(walk.count, 1);
        cr_assert_eq(walk.results[0].path[0].slot, (uintptr_t)bytes + 2 * WORD);
    }
    heap_pages_free(&pages);
    maps_free(&maps);
}

/* Whatever it is that finds no memory: the walk ends, and says so, and what it says is true. */
Test(walk, without_memory)
{
    enum { STEP = 128 << 10, STEPS = 400 };
    unsigned completed = 0, failed = 0;
    make_graph(15, SITE);
    for (uint32_t i = 0; i < LEFT_MAX; i++)
        leave_in(i * 331);
    made_search();
    for (unsigned i = 0; i < STEPS && !completed; i++) {
        made_room = (i + 1) * STEP;
        const struct walk *walk = made_walk(i % WALK_PLACES);
        cr_assert_neq(walk->complete, walk->no_memory);
        for (unsigned k = 0; k < left_count; k++) {
            const struct result *result = result_for(walk, left_word[k]);
            cr_assert(!result || made.blocks[left_in[k]].distance != NOT_REACHED);
            if (result)
                check_path(result, &made.blocks[left_in[k]]);
        }
        completed += walk->complete;
        failed += walk->no_memory;
    }
    cr_assert(completed && failed > 20, "%u failed", failed);
}

static struct walk limited;

static void walk_limited(uint64_t bytes, uint64_t deadline)
{
    struct root root = {.kind = ROOT_DATA,
                        .start = (uintptr_t)made.roots,
                        .end = (uintptr_t)(made.roots + ROOT_WORDS)};
    struct roots roots = {.list = &root, .count = 1};
    struct heap_pages pages;
    struct maps maps;
    cr_assert(heap_pages_read(&pages) && maps_read(&maps));
    limited = (struct walk){.ranges = &made_ranges,
                            .roots = &roots,
                            .pages = &pages,
                            .maps = &maps,
                            .place = WALK_IN_COPY,
                            .limit = bytes,
                            .deadline = deadline};
    walk_run(&limited);
    heap_pages_free(&pages);
    maps_free(&maps);
}

static void make_list(void)
{
    start(MANY * 64);
    for (uint32_t i = 0; i < MANY; i++)
        made_block(40, SITE);
    for (uint32_t i = 0; i + 1 < MANY; i++)
        made_point(i, i + 1, 0);
    made_root(0);
}

Test(walk, a_limit_in_bytes)
{
    make_list();
    walk_limited(100000, 0);
    cr_assert(limited.ran_out && !limited.complete && !limited.no_memory);
    cr_assert(limited.bytes > 100000 && limited.bytes < 100000 + 64 * 64, "%lu", limited.bytes);
}

/* Each time that it is asked for, one nanosecond later. */
static uint64_t asked;

static uint64_t read_asked(void)
{
    return asked++;
}

Test(walk, a_deadline)
{
    static const struct clock_source source = {read_asked, read_asked, NULL};
    uint64_t bytes = 0;
    make_list();
    clock_replace(&source);
    for (uint64_t deadline = 10; deadline < 1000; deadline *= 3) {
        asked = 0;
        walk_limited(0, deadline);
        cr_assert(limited.ran_out && !limited.complete && !limited.no_memory);
        cr_assert(limited.bytes > bytes && limited.bytes < deadline * 64 * 64, "%lu",
                  limited.bytes);
        bytes = limited.bytes;
    }
    walk_limited(0, UINT64_MAX);
    cr_assert(limited.complete && !limited.ran_out);
}
