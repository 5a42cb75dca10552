// SPDX-License-Identifier: MIT
#include "model/coverage.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

static void add_item(struct coverage_item **items, size_t *item_count, const char *text,
                     int64_t count)
{
    struct coverage_item *item = NULL;

    for (size_t i = 0; i < *item_count && item == NULL; i++) {
        if (strcmp((*items)[i].text, text) == 0)
            item = &(*items)[i];
    }
    if (item == NULL) {
        ARRAY_PUSH(*items, *item_count, (struct coverage_item){.text = text});
        item = &(*items)[*item_count - 1];
    }
    if (__builtin_add_overflow(item->count, count, &item->count))
        item->count = INT64_MAX;
    item->processes++;
}

static void collect_one(struct coverage *coverage, const struct coverage_record *record)
{
    const json_t *sentence;
    const char *name;
    json_t *value;
    size_t index;

    json_array_foreach(record->unseen, index, sentence)
    {
        if (json_is_string(sentence))
            add_item(&coverage->unseen, &coverage->unseen_count, json_string_value(sentence), 1);
    }
    json_object_foreach((json_t *)record->dropped, name, value)
    {
        if (json_integer_value(value) > 0)
            add_item(&coverage->dropped, &coverage->dropped_count, name, json_integer_value(value));
    }
    json_object_foreach((json_t *)record->hooks, name, value)
    {
        if (json_is_false(value))
            add_item(&coverage->inactive, &coverage->inactive_count, name, 1);
    }
}

void coverage_collect(struct coverage *coverage, const struct model *model)
{
    const struct process *process;

    memset(coverage, 0, sizeof *coverage);
    for (process = model->processes; process != NULL; process = process->hh.next) {
        if (process->coverage != NULL)
            collect_one(coverage, &process->coverage->coverage);
    }
}

void coverage_clear(struct coverage *coverage)
{
    free(coverage->unseen);
    free(coverage->dropped);
    free(coverage->inactive);
    memset(coverage, 0, sizeof *coverage);
}

bool coverage_has_hook(const struct process *process, const char *family)
{
    return process->coverage != NULL &&
           json_is_true(json_object_get(process->coverage->coverage.hooks, family));
}
