// SPDX-License-Identifier: MIT
#include "model/coverage.h"

#include "base/memory.h"
#include "load/names.h"

#include <inttypes.h>
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

static void add_unfollowed(struct coverage *coverage, const json_t *value)
{
    const char *program = json_string_value(json_object_get(value, "program"));
    const char *why = unfollowed_meaning(json_string_value(json_object_get(value, "why")));
    json_int_t count = json_integer_value(json_object_get(value, "count"));
    struct unfollowed_item *item = NULL;

    if (program == NULL || count <= 0)
        return;
    for (size_t i = 0; i < coverage->unfollowed_count && item == NULL; i++) {
        if (strcmp(coverage->unfollowed[i].program, program) == 0 &&
            coverage->unfollowed[i].why == why)
            item = &coverage->unfollowed[i];
    }
    if (item == NULL) {
        ARRAY_PUSH(coverage->unfollowed, coverage->unfollowed_count,
                   (struct unfollowed_item){program, why, 0});
        item = &coverage->unfollowed[coverage->unfollowed_count - 1];
    }
    if (__builtin_add_overflow(item->count, count, &item->count))
        item->count = INT64_MAX;
}

char *unfollowed_text(const struct unfollowed_item *item)
{
    const char *program = item->program[0] != '\0' ? item->program : "other programs";

    if (item->count == 1)
        return memory_format("%s: %s", program, item->why);
    return memory_format("%s: %s (%" PRId64 " times)", program, item->why, item->count);
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
    json_array_foreach(record->unfollowed, index, value)
    {
        add_unfollowed(coverage, value);
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
    free(coverage->unfollowed);
    memset(coverage, 0, sizeof *coverage);
}

bool coverage_has_hook(const struct process *process, const char *family)
{
    return process->coverage != NULL &&
           json_is_true(json_object_get(process->coverage->coverage.hooks, family));
}
