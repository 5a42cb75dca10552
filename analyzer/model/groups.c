// SPDX-License-Identifier: MIT
#include "model/groups.h"

#include "base/memory.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Builds whose code has a part in the finding: equal offsets in others are no equal places. */
static void put_builds(FILE *out, const struct process *process, const struct frame *frames,
                       size_t count)
{
    int64_t last = RECORD_ABSENT;

    for (size_t i = 0; i < count; i++) {
        const struct module *module = process_module(process, frames[i].module);

        if (module == NULL || frames[i].module == last)
            continue;
        last = frames[i].module;
        fprintf(out, "\n%s", module->data->build_id != NULL ? module->data->build_id : "");
    }
}

/*
 * What the library calls it, which is by places in files. A finding without a signature is like
 * another one that says the same of the same module.
 */
static char *key_of(const struct finding *finding)
{
    const struct finding_record *data = finding->data;
    char *key = NULL;
    size_t size;
    FILE *out = open_memstream(&key, &size);

    if (out == NULL)
        return memory_string(data->kind);
    if (data->signature != NULL && data->signature[0] != '\0')
        fputs(data->signature, out);
    else
        fprintf(out, "%s|%s|%s", data->kind, module_identity(finding_module(finding)),
                data->message);
    put_builds(out, finding->process, data->points, data->point_count);
    put_builds(out, finding->process, data->stack, data->stack_count);
    fclose(out);
    return key;
}

/* Takes the key over. */
static struct group *need_group(struct model *model, char *key)
{
    struct group *group;

    HASH_FIND_STR(model->groups, key, group);
    if (group != NULL) {
        free(key);
        return group;
    }
    group = memory_zeroed(sizeof *group);
    group->key = key;
    group->bytes = group->blocks = RECORD_ABSENT;
    HASH_ADD_KEYPTR(hh, model->groups, group->key, strlen(group->key), group);
    return group;
}

/* Counts come out of files and may be anything: the sum stays at the top instead of wrapping. */
static int64_t capped_sum(int64_t left, int64_t right)
{
    int64_t sum;

    return __builtin_add_overflow(left, right, &sum) ? INT64_MAX : sum;
}

static void add_known(int64_t *sum, int64_t number)
{
    if (number != RECORD_ABSENT)
        *sum = capped_sum(*sum == RECORD_ABSENT ? 0 : *sum, number);
}

static void add_loads(struct group *group, const struct finding *finding)
{
    const struct module *module = finding_module(finding);
    const json_t *item;
    size_t index;

    json_array_foreach(finding->data->loads, index, item)
    {
        ARRAY_PUSH(group->loads, group->load_count, json_integer_value(item));
    }
    if (json_array_size(finding->data->loads) == 0 && module != NULL)
        ARRAY_PUSH(group->loads, group->load_count, module->data->load);
}

/* Findings come process by process: one of another process than the last begins a new process. */
static void link_finding(struct group *group, struct finding *finding)
{
    if (group->last == NULL || group->last->process != finding->process)
        group->process_count++;
    if (group->last == NULL)
        group->first = finding;
    else
        group->last->next_in_group = finding;
    group->last = finding;
}

static struct group *add(struct model *model, struct finding *finding, char *key)
{
    struct group *group = need_group(model, key);
    const struct finding_record *data = finding->data;

    link_finding(group, finding);
    finding->group = group;
    add_loads(group, finding);
    group->count = capped_sum(group->count, data->count);
    add_known(&group->bytes, data->bytes);
    add_known(&group->blocks, data->blocks);
    group->growing |= data->growing;
    group->pending |= data->pending && finding->resolved == NULL;
    group->suppressed_by_library =
        data->suppressed && (group->first == finding || group->suppressed_by_library);
    if (group->shown == NULL || data->severity > group->severity) {
        group->shown = finding;
        group->severity = data->severity;
    }
    return group;
}

void groups_add(struct model *model, struct finding *finding)
{
    add(model, finding, key_of(finding));
}

static int by_value(const void *left, const void *right)
{
    int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;

    return (a > b) - (a < b);
}

static int by_weight(const struct group *left, const struct group *right)
{
    int order;

    if (left->third_party != right->third_party)
        return left->third_party ? 1 : -1;
    if (left->severity != right->severity)
        return left->severity > right->severity ? -1 : 1;
    order = strcmp(module_identity(finding_module(left->shown)),
                   module_identity(finding_module(right->shown)));
    if (order == 0)
        order = strcmp(left->shown->data->kind, right->shown->data->kind);
    return order != 0 ? order : strcmp(left->key, right->key);
}

static void sort_loads(struct group *group)
{
    size_t kept = 0;

    if (group->load_count == 0)
        return;
    qsort(group->loads, group->load_count, sizeof *group->loads, by_value);
    for (size_t i = 1; i < group->load_count; i++) {
        if (group->loads[i] != group->loads[kept])
            group->loads[++kept] = group->loads[i];
    }
    group->load_count = kept + 1;
}

void groups_sort(struct model *model)
{
    HASH_SORT(model->groups, by_weight);
}

void groups_finish(struct model *model)
{
    for (const struct crash *crash = model->crashes; crash != NULL; crash = crash->next) {
        const struct finding *predicted = crash_finding(crash);

        if (predicted != NULL && predicted->group != NULL && predicted->group->crash == NULL)
            predicted->group->crash = crash;
    }
    for (struct group *group = model->groups; group != NULL; group = group->hh.next) {
        sort_loads(group);
        group->hidden = group->suppressed_by_library;
        model->severities[group->severity] += !group->hidden;
    }
    groups_sort(model);
}

static void free_group(struct group *group)
{
    signature_clear(&group->signature);
    free(group->key);
    free(group->loads);
    free(group->variants);
    free(group);
}

static void free_list(struct group *group)
{
    for (struct group *next; group != NULL; group = next) {
        next = group->hh.next;
        free_group(group);
    }
}

/* Into the group of its signature, out of the one of its places. */
static void move_finding(struct model *model, struct finding *finding)
{
    struct group *before = finding->group, *group;

    finding->next_in_group = NULL;
    group = add(model, finding, memory_string(before->signature.text));
    if (before->shown == finding)
        ARRAY_PUSH(group->variants, group->variant_count, (struct variant){finding});
    if (group->signature.text[0] != '\0')
        return;
    group->signature = before->signature;
    group->signature.function =
        before->signature.function != NULL ? memory_string(before->signature.function) : NULL;
}

void groups_sign(struct model *model)
{
    struct group *places = model->groups;

    HASH_CLEAR(hh, model->groups); /* the table only; the items keep their order */
    memset(model->severities, 0, sizeof model->severities);
    for (struct group *group = places; group != NULL; group = group->hh.next)
        signature_make(&group->signature, group->shown);
    for (struct process *process = model->processes; process != NULL; process = process->hh.next) {
        for (struct finding *finding = process->findings; finding != NULL;
             finding = finding->hh.next) {
            if (finding->group != NULL)
                move_finding(model, finding);
        }
    }
    free_list(places);
    groups_finish(model);
}

void groups_free(struct model *model)
{
    struct group *groups = model->groups;

    HASH_CLEAR(hh, model->groups);
    free_list(groups);
}
