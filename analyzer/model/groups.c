// SPDX-License-Identifier: MIT
#include "model/groups.h"

#include "base/memory.h"
#include "load/names.h"
#include "model/findings.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct group *new_group(void)
{
    struct group *group = memory_zeroed(sizeof *group);

    group->bytes = group->blocks = RECORD_ABSENT;
    return group;
}

/* The place has no group yet, so none has its key. */
static struct group *new_group_of_place(struct model *model, const struct place *place)
{
    struct group *group = new_group();

    HASH_ADD_KEYPTR_BYHASHVALUE(hh, model->groups, place->key, place->hh.keylen, place->hh.hashv,
                                group);
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
        place->group = new_group_of_place(model, place);
    finding->counts = true;
    add(place->group, finding);
}

/* A group with what it is sorted by: to read that from each group, again and again, takes longer
 * than to sort. */
struct weighed {
    struct group *group;
    const char *identity, *kind, *signature;
    unsigned weight; /* the greatest comes first */
};

/* Most strings that are equal are kept once. */
static int by_text(const char *left, const char *right)
{
    return left == right ? 0 : strcmp(left, right);
}

static int by_weight(const void *one, const void *other)
{
    const struct weighed *left = one, *right = other;
    int order;

    if (left->weight != right->weight)
        return left->weight > right->weight ? -1 : 1;
    order = by_text(left->identity, right->identity);
    if (order == 0)
        order = by_text(left->kind, right->kind);
    return order != 0 ? order : strcmp(left->signature, right->signature);
}

static struct weighed weigh(struct group *group)
{
    return (struct weighed){
        .group = group,
        .identity = group->identity,
        .kind = group->shown->place->kind,
        .signature = group->signature.text,
        .weight = (group->third_party ? 0 : SEVERITY_COUNT) + (unsigned)group->severity,
    };
}

/* As HASH_SORT() does: the table is the same, only the order of its items changes. */
static void reorder(struct model *model, const struct weighed *sorted, size_t count)
{
    UT_hash_table *table = model->groups->hh.tbl;

    for (size_t i = 0; i < count; i++) {
        UT_hash_handle *handle = &sorted[i].group->hh;

        handle->prev = i > 0 ? sorted[i - 1].group : NULL;
        handle->next = i + 1 < count ? sorted[i + 1].group : NULL;
    }
    table->tail = &sorted[count - 1].group->hh;
    model->groups = sorted[0].group;
}

void groups_sort(struct model *model)
{
    size_t count = HASH_COUNT(model->groups), number = 0;
    struct weighed *sorted;

    if (count == 0)
        return;
    sorted = memory_block(count * sizeof *sorted);
    for (struct group *group = model->groups; group != NULL; group = group->hh.next)
        sorted[number++] = weigh(group);
    qsort(sorted, count, sizeof *sorted, by_weight);
    reorder(model, sorted, count);
    free(sorted);
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
        group->kind = group->shown->place->kind_number;
        group->verdict = name_to_verdict(group->shown->data->verdict);
        group->hidden = group->suppressed_by_library;
        model->severities[group->severity] += !group->hidden;
    }
    groups_sort(model);
}

static void free_group(struct group *group)
{
    signature_clear(&group->signature);
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

/* The group of a signature, into which the group of a place is merged. The first one of these gives
 * it the signature. */
static struct group *need_merged(struct model *model, struct group *group)
{
    struct group *merged = group->merged;

    if (merged != NULL)
        return merged;
    HASH_FIND(hh, model->groups, group->signature.text, SIGNATURE_LENGTH, merged);
    group->merged = merged;
    if (merged != NULL)
        return merged;
    merged = group->merged = new_group();
    merged->signature = group->signature;
    group->signature.function = NULL;
    HASH_ADD_KEYPTR(hh, model->groups, merged->signature.text, SIGNATURE_LENGTH, merged);
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
