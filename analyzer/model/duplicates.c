// SPDX-License-Identifier: MIT
#include "model/duplicates.h"

#include "base/memory.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct modules {
    struct mapped *items;
    size_t count;
};

static int by_build_id_and_time(const void *left, const void *right)
{
    const struct module *a = ((const struct mapped *)left)->module;
    const struct module *b = ((const struct mapped *)right)->module;
    int order = strcasecmp(a->data->build_id, b->data->build_id);

    if (order != 0)
        return order;
    if (a->loaded != b->loaded)
        return a->loaded < b->loaded ? -1 : 1;
    return (a->id > b->id) - (a->id < b->id);
}

/* The modules of the process with a build ID, sorted so that those of one file are together. */
static struct modules sorted_modules(const struct process *process)
{
    struct modules sorted = {0};

    for (const struct module *module = process->modules; module != NULL; module = module->hh.next) {
        if (module->data->build_id != NULL && module->data->build_id[0] != '\0')
            ARRAY_PUSH(sorted.items, sorted.count, (struct mapped){module});
    }
    if (sorted.count > 0)
        qsort(sorted.items, sorted.count, sizeof *sorted.items, by_build_id_and_time);
    return sorted;
}

/* Build IDs count without regard to the case of their letters. */
static char *key_of(const char *build_id)
{
    char *key = memory_string(build_id);

    for (char *at = key; *at != '\0'; at++)
        *at = (char)tolower((unsigned char)*at);
    return key;
}

static struct duplicate *need_duplicate(struct duplicates *duplicates, const char *build_id)
{
    char *key = key_of(build_id);
    struct duplicate_index *index;

    duplicates->steps++;
    HASH_FIND_STR(duplicates->by_build_id, key, index);
    if (index != NULL) {
        free(key);
        return &duplicates->items[index->number];
    }
    index = memory_zeroed(sizeof *index);
    index->key = key;
    index->number = duplicates->count;
    HASH_ADD_KEYPTR(hh, duplicates->by_build_id, index->key, strlen(index->key), index);
    ARRAY_PUSH(duplicates->items, duplicates->count, (struct duplicate){.build_id = build_id});
    return &duplicates->items[duplicates->count - 1];
}

/* Takes the modules over. */
static void add_duplicate(struct duplicates *duplicates, const struct process *process,
                          struct modules *most)
{
    struct duplicate *duplicate = need_duplicate(duplicates, most->items[0].module->data->build_id);

    duplicate->process_count++;
    if (most->count > duplicate->module_count) {
        free(duplicate->modules);
        duplicate->modules = most->items;
        duplicate->module_count = most->count;
        duplicate->process = process;
    } else {
        free(most->items);
    }
    *most = (struct modules){0};
}

/* A module is loaded or unloaded. */
struct event {
    int64_t time;
    size_t order; /* among those of one time; 0: unloads precede loads */
    bool goes;
};

static int by_time(const void *left, const void *right)
{
    const struct event *a = left, *b = right;

    if (a->time != b->time)
        return a->time < b->time ? -1 : 1;
    if (a->order != b->order)
        return a->order < b->order ? -1 : 1;
    return a->goes - b->goes;
}

/* By time; a load that comes and ends at one time was there, but for no longer. */
static struct event *sorted_events(const struct modules *loads)
{
    struct event *events = memory_resize(NULL, 2 * loads->count * sizeof *events);

    for (size_t i = 0; i < loads->count; i++) {
        const struct module *module = loads->items[i].module;
        bool stays = module->unloaded > module->loaded;

        events[2 * i] = (struct event){module->loaded, i + 1, false};
        events[2 * i + 1] =
            (struct event){stays ? module->unloaded : module->loaded, stays ? 0 : i + 1, true};
    }
    qsort(events, 2 * loads->count, sizeof *events, by_time);
    return events;
}

/* The load that came when most of them were there, which were so many. */
static size_t load_at_the_most(struct duplicates *duplicates, const struct modules *loads,
                               size_t *most)
{
    struct event *events = sorted_events(loads);
    size_t found = 0, mapped = 0;

    *most = 0;
    for (size_t i = 0; i < 2 * loads->count; i++) {
        duplicates->steps++;
        if (events[i].goes) {
            mapped--;
        } else if (++mapped > *most) {
            *most = mapped;
            found = events[i].order - 1;
        }
    }
    free(events);
    return found;
}

/* Goes through the loads of one file in the order of time. */
static void sweep(struct duplicates *duplicates, const struct process *process,
                  const struct modules *loads)
{
    struct modules most = {0};
    size_t count, last = load_at_the_most(duplicates, loads, &count);
    int64_t time = loads->items[last].module->loaded;

    if (count < 2)
        return;
    for (size_t i = 0; i <= last; i++) {
        duplicates->steps++;
        if (i == last || loads->items[i].module->unloaded > time)
            ARRAY_PUSH(most.items, most.count, loads->items[i]);
    }
    add_duplicate(duplicates, process, &most);
}

/* The modules from begin on that are of one file. */
static struct modules loads_of_one(const struct modules *sorted, size_t begin)
{
    struct modules loads = {.items = sorted->items + begin};
    const char *build_id = loads.items[0].module->data->build_id;

    while (begin + loads.count < sorted->count &&
           strcasecmp(loads.items[loads.count].module->data->build_id, build_id) == 0)
        loads.count++;
    return loads;
}

void duplicates_collect(struct duplicates *duplicates, const struct model *model)
{
    memset(duplicates, 0, sizeof *duplicates);
    for (const struct process *process = model->processes; process != NULL;
         process = process->hh.next) {
        struct modules sorted = sorted_modules(process);

        for (size_t i = 0; i < sorted.count;) {
            struct modules loads = loads_of_one(&sorted, i);

            sweep(duplicates, process, &loads);
            i += loads.count;
        }
        free(sorted.items);
    }
}

void duplicates_clear(struct duplicates *duplicates)
{
    struct duplicate_index *index = duplicates->by_build_id, *next;

    for (size_t i = 0; i < duplicates->count; i++)
        free(duplicates->items[i].modules);
    free(duplicates->items);
    HASH_CLEAR(hh, duplicates->by_build_id);
    for (; index != NULL; index = next) {
        next = index->hh.next;
        free(index->key);
        free(index);
    }
    memset(duplicates, 0, sizeof *duplicates);
}

struct path_seen {
    const char *path;
    UT_hash_handle hh;
};

static bool is_first_of_its_path(struct path_seen **seen, const char *path)
{
    struct path_seen *found;

    HASH_FIND_STR(*seen, path, found);
    if (found != NULL)
        return false;
    found = memory_zeroed(sizeof *found);
    found->path = path;
    HASH_ADD_KEYPTR(hh, *seen, found->path, strlen(found->path), found);
    return true;
}

static void forget_paths(struct path_seen *seen)
{
    struct path_seen *at = seen, *next;

    HASH_CLEAR(hh, seen);
    for (; at != NULL; at = next) {
        next = at->hh.next;
        free(at);
    }
}

char *duplicate_paths(const struct duplicate *duplicate)
{
    enum { PATHS_MAX = 4 };
    char *text = memory_string(""), *longer;
    struct path_seen *seen = NULL;
    size_t paths = 0;

    for (size_t i = 0; i < duplicate->module_count; i++) {
        const char *path = duplicate->modules[i].module->data->path;

        if (!is_first_of_its_path(&seen, path) || paths++ >= PATHS_MAX)
            continue;
        longer = memory_format("%s%s%s", text, text[0] != '\0' ? ", " : "", path);
        free(text);
        text = longer;
    }
    forget_paths(seen);
    if (paths <= PATHS_MAX)
        return text;
    longer = memory_format("%s and %zu more", text, paths - PATHS_MAX);
    free(text);
    return longer;
}
