// SPDX-License-Identifier: MIT
#include "lifecycle/held_blocks.h"
#include "base/arena.h"
#include "lifecycle/sink.h"
#include "registry/heap.h"
#include "report/report.h"
#include "rules/rules.h"
#include "scan/reached.h"
#include "scan/walk.h"

enum { BLOCKS_MAX = 256 };

struct held_blocks {
    unsigned count;
    struct held_again held[BLOCKS_MAX];
    struct held_block blocks[BLOCKS_MAX]; /* size 0: it was freed */
};

static void find_sizes(struct held_blocks *all)
{
    struct heap_block block;
    for (unsigned i = 0; i < all->count; i++) {
        uintptr_t start = all->held[i].object.heap.start;
        bool is_there = heap_find(start, &block) && block.start == start &&
                        block.site == all->held[i].object.heap.site;
        all->blocks[i] = (struct held_block){.start = start, .size = is_there ? block.size : 0};
    }
}

static void report(const struct held_again *held, const struct held_block *block, struct sink *sink)
{
    struct result result = {
        .kind = RESULT_LOST,
        .module = held->module,
        .site = held->object.heap.site,
        .start = block->start,
        .size = block->size,
        .blocks = 1,
        .bytes = block->size,
    };
    if (rules_check_retained(&result, false, report_knows, sink_finding, sink))
        report_lost(&held->object);
}

static void examine(struct held_blocks *all)
{
    struct sink sink = {.at = AT_EXIT, .before_exit = true};
    find_sizes(all);
    reached_examine_blocks(all->blocks, all->count);
    for (unsigned i = 0; i < all->count; i++)
        if (all->blocks[i].size && all->blocks[i].reach == REACH_NOTHING)
            report(&all->held[i], &all->blocks[i], &sink);
}

void held_blocks_examine(void)
{
    struct held_blocks *all = report_has_open() ? arena_alloc(sizeof *all) : NULL;
    if (!all)
        return;
    all->count = report_held_again(all->held, BLOCKS_MAX);
    if (all->count > 0)
        examine(all);
    for (unsigned i = 0; i < all->count; i++)
        module_unref(all->held[i].module);
    arena_free(all, sizeof *all);
}
