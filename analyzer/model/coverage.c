// SPDX-License-Identifier: MIT
#include "model/coverage.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

/* One for each item; the list is part of the key. */
struct coverage_index {
    char *key;
    size_t number; /* in the list */
    UT_hash_handle hh;
};

/* The item of the list with this text, or a new one. list is a letter that tells lists apart. */
static struct coverage_item *need_item(struct coverage *coverage, char list,
                                       struct coverage_item **items, size_t *item_count,
                                       const char *text)
{
    char *key = memory_format("%c%s", list, text);
    struct coverage_index *index;

    HASH_FIND_STR(coverage->index, key, index);
    if (index != NULL) {
        free(key);
        return &(*items)[index->number];
    }
    index = memory_zeroed(sizeof *index);
    index->key = key;
    index->number = *item_count;
    HASH_ADD_KEYPTR(hh, coverage->index, index->key, strlen(index->key), index);
    ARRAY_PUSH(*items, *item_count, (struct coverage_item){.text = text});
    return &(*items)[*item_count - 1];
}

static void add_to(struct coverage_item *item, int64_t count)
{
    if (__builtin_add_overflow(item->count, count, &item->count))
        item->count = INT64_MAX;
    item->processes++;
}

static void add_unseen(struct coverage *coverage, const char *text)
{
    add_to(need_item(coverage, 'u', &coverage->unseen, &coverage->unseen_count, text), 1);
}

static void add_dropped(struct coverage *coverage, const char *text, int64_t count)
{
    add_to(need_item(coverage, 'd', &coverage->dropped, &coverage->dropped_count, text), count);
}

static void add_inactive(struct coverage *coverage, const char *text)
{
    add_to(need_item(coverage, 'i', &coverage->inactive, &coverage->inactive_count, text), 1);
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
            add_unseen(coverage, json_string_value(sentence));
    }
    json_object_foreach((json_t *)record->dropped, name, value)
    {
        if (json_integer_value(value) > 0)
            add_dropped(coverage, name, json_integer_value(value));
    }
    json_object_foreach((json_t *)record->hooks, name, value)
    {
        if (json_is_false(value))
            add_inactive(coverage, name);
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
    struct coverage_index *index = coverage->index, *next;

    HASH_CLEAR(hh, coverage->index);
    for (; index != NULL; index = next) {
        next = index->hh.next;
        free(index->key);
        free(index);
    }
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
