// SPDX-License-Identifier: MIT
#include "modules/order.h"
#include "base/arena.h"

#include <string.h>

/* `module` is NULL for an object that could not be read. */
static struct entry {
    const struct link_map *map;
    struct module *module;
} * entries;

static size_t capacity;
static struct list_state state;

struct list_state order_state_locked(void)
{
    return state;
}

void order_remove_locked(const struct module *module)
{
    size_t at = 0;
    while (at < state.count && entries[at].module != module)
        at++;
    if (at < state.count)
        memmove(&entries[at], &entries[at + 1], (--state.count - at) * sizeof *entries);
}

static bool make_room(size_t count)
{
    if (count <= capacity)
        return true;
    struct entry *larger = arena_alloc(2 * count * sizeof *larger);
    if (!larger)
        return false;
    if (entries)
        memcpy(larger, entries, state.count * sizeof *larger);
    arena_free(entries, capacity * sizeof *larger);
    entries = larger;
    capacity = 2 * count;
    return true;
}

static void add_new(const struct sightings *list)
{
    for (size_t i = 0; i < list->map_count; i++)
        entries[list->passed + i] = (struct entry){list->maps[i], NULL};
    for (size_t i = 0; i < list->count; i++)
        entries[list->items[i].at].module = list->items[i].known;
}

void order_update_locked(const struct sightings *list)
{
    bool is_known = list->kind == LIST_REMOVED ? state.count == list->total
                                               : !list->out_of_step && make_room(list->total);
    if (list->has_namespaces || !is_known) {
        state = (struct list_state){0};
        return;
    }
    if (list->kind != LIST_REMOVED)
        add_new(list);
    const struct entry *last = list->total > 0 ? &entries[list->total - 1] : &(struct entry){0};
    state =
        (struct list_state){list->total > 0, list->adds, list->subs,
                            list->total,     last->map,  last->module ? last->module->start : 0};
}
