// SPDX-License-Identifier: MIT
#include "model/coverage.h"

#include "base/memory.h"
#include "load/names.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* An entry for each item; the list is part of the key. */
struct coverage_index {
    char *key;
    size_t number; /* in the list */
    UT_hash_handle hh;
};

/* The number of the item with this key, which it takes over; count, where it is new. */
static size_t find_number(struct coverage *coverage, char *key, size_t count)
{
    struct coverage_index *index;

    HASH_FIND_STR(coverage->index, key, index);
    if (index != NULL) {
        free(key);
        return index->number;
    }
    index = memory_zeroed(sizeof *index);
    index->key = key;
    index->number = count;
    HASH_ADD_KEYPTR(hh, coverage->index, index->key, strlen(index->key), index);
    return count;
}

/* The item of the list with this text, or a new one. list is a letter that tells lists apart. */
static struct coverage_item *need_item(struct coverage *coverage, char list,
                                       struct coverage_item **items, size_t *item_count,
                                       const char *text)
{
    size_t number = find_number(coverage, memory_format("%c%s", list, text), *item_count);

    if (number == *item_count)
        ARRAY_PUSH(*items, *item_count, (struct coverage_item){.text = text});
    return &(*items)[number];
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

static void add_unfollowed(struct coverage *coverage, const json_t *value)
{
    const char *program = json_string_value(json_object_get(value, "program"));
    const char *why = unfollowed_meaning(json_string_value(json_object_get(value, "why")));
    json_int_t count = json_integer_value(json_object_get(value, "count"));
    size_t number;

    if (program == NULL || count <= 0)
        return;
    number =
        find_number(coverage, memory_format("f%s\n%s", why, program), coverage->unfollowed_count);
    if (number == coverage->unfollowed_count)
        ARRAY_PUSH(coverage->unfollowed, coverage->unfollowed_count,
                   (struct unfollowed_item){program, why, 0});
    if (__builtin_add_overflow(coverage->unfollowed[number].count, count,
                               &coverage->unfollowed[number].count))
        coverage->unfollowed[number].count = INT64_MAX;
}

char *unfollowed_text(const struct unfollowed_item *item)
{
    const char *program = item->program[0] != '\0' ? item->program : "other programs";

    if (item->count == 1)
        return memory_format("%s: %s", program, item->why);
    return memory_format("%s: %s (%" PRId64 " times)", program, item->why, item->count);
}

static void add_killed(struct coverage *coverage, const json_t *value)
{
    const char *name = json_string_value(json_object_get(value, "signal_name"));
    json_int_t count = json_integer_value(json_object_get(value, "count"));

    if (name != NULL && count > 0)
        add_to(need_item(coverage, 'k', &coverage->killed, &coverage->killed_count, name), count);
}

char *killed_text(const struct coverage_item *item)
{
    if (item->count == 1)
        return memory_format("a child process died of %s", item->text);
    return memory_format("%" PRId64 " child processes died of %s", item->count, item->text);
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
    json_array_foreach(record->unfollowed, index, value)
    {
        add_unfollowed(coverage, value);
    }
    json_array_foreach(record->killed, index, value)
    {
        add_killed(coverage, value);
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
    free(coverage->unfollowed);
    free(coverage->killed);
    memset(coverage, 0, sizeof *coverage);
}

bool coverage_has_hook(const struct process *process, const char *family)
{
    return process->coverage != NULL &&
           json_is_true(json_object_get(process->coverage->coverage.hooks, family));
}
