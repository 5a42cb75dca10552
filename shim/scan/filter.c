// SPDX-License-Identifier: MIT
#include "scan/filter.h"
#include "scan/blocks.h"
#include "scan/roots.h"
#include "scan/target.h"

struct filter {
    const struct ranges *ranges;
    struct view view;
    uint64_t limit;
    enum filter_result result;
};

static bool is_among(const struct ranges *ranges, const struct module *module)
{
    for (unsigned i = 0; i < ranges->count; i++)
        if (ranges->list[i].module == module)
            return true;
    return false;
}

static bool is_loaders(const struct site *site)
{
    return site && site->owner.module && site->owner.module->loader;
}

static bool points_there(const struct ranges *ranges, const struct piece *piece,
                         const struct site *site)
{
    for (size_t i = 0; i < piece->count; i++) {
        const struct range *range = ranges_find(ranges, piece->words[i]);
        if (unlikely(range != NULL) && !is_loaders(site) && !site_is_older(site, range->module))
            return true;
    }
    return false;
}

static bool look_at_piece(const struct piece *piece, void *data)
{
    struct filter *filter = data;
    if (filter->view.bytes > filter->limit)
        filter->result = FILTER_TOO_MUCH;
    const struct site *site = site_get(piece->site);
    const struct module *maker = piece->at == piece->start ? site_unloaded(site) : NULL;
    if ((maker && is_among(filter->ranges, maker)) || points_there(filter->ranges, piece, site))
        filter->result = FILTER_SOMETHING;
    return filter->result == FILTER_NOTHING;
}

static void look_at_root(struct filter *filter, const struct root *root)
{
    const uintptr_t *words;
    size_t count;
    for (uintptr_t at = root->start; at < root->end && filter->result == FILTER_NOTHING;
         at += count * sizeof *words) {
        count = view_words(&filter->view, at, root->end - at, &words);
        if (!count)
            return;
        if (filter->view.bytes > filter->limit)
            filter->result = FILTER_TOO_MUCH;
        for (size_t i = 0; i < count && filter->result == FILTER_NOTHING; i++) {
            const struct range *range = ranges_find(filter->ranges, words[i]);
            if (unlikely(range != NULL) && root_may_point(root))
                filter->result = FILTER_SOMETHING;
        }
    }
}

enum filter_result filter_run(const struct ranges *ranges, uint64_t limit)
{
    struct filter filter = {.ranges = ranges, .limit = limit, .result = FILTER_TOO_MUCH};
    struct heap_pages pages;
    struct roots roots;
    if (!view_open(&filter.view, false))
        return FILTER_TOO_MUCH;
    roots_of_variables(&roots);
    if (!roots.failed && heap_pages_read(&pages)) {
        filter.result = FILTER_NOTHING;
        for (size_t i = 0; i < roots.count && filter.result == FILTER_NOTHING; i++)
            look_at_root(&filter, &roots.list[i]);
        if (filter.result == FILTER_NOTHING)
            blocks_stream(&pages, &filter.view, look_at_piece, &filter);
        heap_pages_free(&pages);
    }
    roots_free(&roots);
    view_close(&filter.view);
    return filter.result;
}
