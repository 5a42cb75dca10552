// SPDX-License-Identifier: MIT
#include "model/duplicates.h"

#include "base/memory.h"

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

/* Those of the process with a build ID, so that those of one file are together. */
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

static struct duplicate *need_duplicate(struct duplicates *duplicates, const char *build_id)
{
    for (size_t i = 0; i < duplicates->count; i++) {
        if (strcasecmp(duplicates->items[i].build_id, build_id) == 0)
            return &duplicates->items[i];
    }
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

static void drop_unloaded(struct modules *mapped, int64_t time)
{
    size_t kept = 0;

    for (size_t i = 0; i < mapped->count; i++) {
        if (mapped->items[i].module->unloaded > time)
            mapped->items[kept++] = mapped->items[i];
    }
    mapped->count = kept;
}

static void keep_copy(struct modules *most, const struct modules *mapped)
{
    free(most->items);
    most->items = memory_resize(NULL, mapped->count * sizeof *mapped->items);
    memcpy(most->items, mapped->items, mapped->count * sizeof *mapped->items);
    most->count = mapped->count;
}

/* Goes through the loads of one file in the order of time, with those that are mapped at it. */
static void sweep(struct duplicates *duplicates, const struct process *process,
                  const struct modules *loads)
{
    struct modules mapped = {.items = memory_resize(NULL, loads->count * sizeof *loads->items)};
    struct modules most = {0};

    for (size_t i = 0; i < loads->count; i++) {
        drop_unloaded(&mapped, loads->items[i].module->loaded);
        mapped.items[mapped.count++] = loads->items[i];
        if (mapped.count > 1 && mapped.count > most.count)
            keep_copy(&most, &mapped);
    }
    free(mapped.items);
    if (most.count > 0)
        add_duplicate(duplicates, process, &most);
}

/* Those from begin on that are of one file. */
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
    for (size_t i = 0; i < duplicates->count; i++)
        free(duplicates->items[i].modules);
    free(duplicates->items);
    memset(duplicates, 0, sizeof *duplicates);
}

static bool is_first_of_its_path(const struct duplicate *duplicate, size_t index)
{
    for (size_t i = 0; i < index; i++) {
        if (strcmp(duplicate->modules[i].module->data->path,
                   duplicate->modules[index].module->data->path) == 0)
            return false;
    }
    return true;
}

char *duplicate_paths(const struct duplicate *duplicate)
{
    enum { PATHS_MAX = 4 };
    char *text = memory_string(""), *longer;
    size_t paths = 0;

    for (size_t i = 0; i < duplicate->module_count; i++) {
        if (!is_first_of_its_path(duplicate, i) || paths++ >= PATHS_MAX)
            continue;
        longer = memory_format("%s%s%s", text, text[0] != '\0' ? ", " : "",
                               duplicate->modules[i].module->data->path);
        free(text);
        text = longer;
    }
    if (paths <= PATHS_MAX)
        return text;
    longer = memory_format("%s and %zu more", text, paths - PATHS_MAX);
    free(text);
    return longer;
}
