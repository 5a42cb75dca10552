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

/* Whether what is in the list is in `entries`, in the same order. */
static bool is_part(const struct sightings *list)
{
    size_t at = 0;
    for (size_t i = 0; i < state.count && at < list->map_count; i++)
        at += entries[i].map == list->maps[at];
    return at == list->map_count;
}

bool order_each_missing_locked(const struct sightings *list, missing_visitor *visit, void *data)
{
    size_t at = 0;
    if (!is_part(list))
        return false;
    for (size_t i = 0; i < state.count; i++) {
        if (at < list->map_count && entries[i].map == list->maps[at])
            at++;
        else if (entries[i].module)
            visit(entries[i].module, data);
    }
    return true;
}

/* Keeps what is still there. */
static void remove_missing(const struct sightings *list)
{
    size_t kept = 0;
    for (size_t i = 0; i < state.count && kept < list->map_count; i++)
        if (entries[i].map == list->maps[kept])
            entries[kept++] = entries[i];
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
    if (list->has_namespaces || list->out_of_step || !make_room(list->total)) {
        state = (struct list_state){0};
        return;
    }
    if (list->kind == LIST_GONE)
        remove_missing(list);
    else
        add_new(list);
    state = (struct list_state){list->total > 0, list->adds, list->subs, list->total};
}
