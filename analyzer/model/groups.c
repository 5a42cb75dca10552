// SPDX-License-Identifier: MIT
#include "model/groups.h"

#include "base/memory.h"
#include "model/findings.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

static int by_value(const void *left, const void *right)
{
    int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;

    return (a > b) - (a < b);
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
    group->load_count = group->loads_sorted = kept + 1;
}

/* Many findings have the same few loads: the list never grows far beyond what is left of it. */
static void add_load(struct group *group, int64_t load)
{
    enum { UNSORTED_MIN = 64 };

    ARRAY_PUSH(group->loads, group->load_count, load);
    if (group->load_count >= UNSORTED_MIN && group->load_count >= 2 * group->loads_sorted)
        sort_loads(group);
}

static void add_loads(struct group *group, const struct finding *finding)
{
    const struct module *module = finding_module(finding);
    size_t count;
    const int64_t *loads = finding_loads(finding, &count);

    for (size_t i = 0; i < count; i++)
        add_load(group, loads[i]);
    if (count == 0 && module != NULL)
        add_load(group, module->data->load);
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

static void add(struct group *group, struct finding *finding)
{
    link_finding(group, finding);
    add_loads(group, finding);
    group->count = capped_sum(group->count, finding->count);
    add_known(&group->bytes, finding->bytes);
    add_known(&group->blocks, finding->blocks);
    group->growing |= finding->growing;
    group->pending |= finding->pending && finding->resolved == NULL;
    group->suppressed_by_library =
        finding->suppressed && (group->first == finding || group->suppressed_by_library);
    if (group->shown == NULL || finding->severity > group->severity) {
        group->shown = finding;
        group->severity = (enum severity)finding->severity;
    }
}

void groups_add(struct model *model, struct finding *finding)
{
    struct place *place = finding->place;

    if (place->group == NULL)
        place->group = need_group(model, memory_string(place->key));
    finding->counts = true;
    add(place->group, finding);
}

static int by_weight(const struct group *left, const struct group *right)
{
    int order;

    if (left->third_party != right->third_party)
        return left->third_party ? 1 : -1;
    if (left->severity != right->severity)
        return left->severity > right->severity ? -1 : 1;
    order = strcmp(left->identity, right->identity);
    if (order == 0)
        order = strcmp(left->shown->place->kind, right->shown->place->kind);
    return order != 0 ? order : strcmp(left->key, right->key);
}

void groups_sort(struct model *model)
{
    HASH_SORT(model->groups, by_weight);
}

void groups_finish(struct model *model)
{
    for (const struct crash *crash = model->crashes; crash != NULL; crash = crash->next) {
        const struct finding *predicted = crash_finding(crash);
        struct group *group = predicted != NULL ? finding_group(predicted) : NULL;

        if (group != NULL && group->crash == NULL)
            group->crash = crash;
    }
    for (struct group *group = model->groups; group != NULL; group = group->hh.next) {
        sort_loads(group);
        group->identity = module_identity(finding_module(group->shown));
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

/* Leaves out a group whose records can no longer be read; a message has said so. */
static void drop(struct model *model, struct group *group)
{
    group->first->place->group = NULL;
    for (struct finding *finding = group->first; finding != NULL; finding = finding->next_in_group)
        finding->counts = false;
    HASH_DEL(model->groups, group);
    free_group(group);
}

void groups_recall(struct model *model)
{
    struct group *group, *next;

    HASH_ITER (hh, model->groups, group, next) {
        if (!findings_recall(model, group->shown))
            drop(model, group);
    }
}

/* The group of a signature, into which the group of a place is merged. */
static struct group *need_merged(struct model *model, struct group *group)
{
    struct group *merged = group->merged;

    if (merged != NULL)
        return merged;
    merged = group->merged = need_group(model, memory_string(group->signature.text));
    if (merged->signature.text[0] != '\0')
        return merged;
    merged->signature = group->signature;
    merged->signature.function =
        group->signature.function != NULL ? memory_string(group->signature.function) : NULL;
    return merged;
}

static void move_finding(struct model *model, struct finding *finding)
{
    const struct group *before = finding->place->group;
    struct group *merged = need_merged(model, finding->place->group);

    finding->next_in_group = NULL;
    add(merged, finding);
    if (before->shown == finding)
        ARRAY_PUSH(merged->variants, merged->variant_count, (struct variant){finding});
}

void groups_sign(struct model *model)
{
    struct group *before = model->groups;

    HASH_CLEAR(hh, model->groups); /* the table only; the items keep their order */
    memset(model->severities, 0, sizeof model->severities);
    for (struct group *group = before; group != NULL; group = group->hh.next)
        signature_make(&group->signature, group->shown);
    for (struct process *process = model->processes; process != NULL; process = process->hh.next) {
        for (struct finding *finding = process->findings; finding != NULL;
             finding = finding->next) {
            if (finding->counts)
                move_finding(model, finding);
        }
    }
    for (struct place *place = model->places; place != NULL; place = place->hh.next)
        place->group = place->group != NULL ? place->group->merged : NULL;
    free_list(before);
    groups_finish(model);
}

void groups_free(struct model *model)
{
    struct group *groups = model->groups;

    HASH_CLEAR(hh, model->groups);
    free_list(groups);
}
