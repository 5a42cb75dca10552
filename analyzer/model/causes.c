// SPDX-License-Identifier: MIT
#include "model/causes.h"

#include "base/memory.h"
#include "load/names.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static const char *identity_of(const struct finding *finding, int64_t module)
{
    return module_identity(process_module(finding->process, module));
}

static char *frame_key(const struct finding *finding, const struct frame *frame)
{
    return memory_format("%s+%" PRIx64, identity_of(finding, frame->module), frame->offset);
}

/* Names a node: by the name or place of a variable, by the call that made a block. NULL where
 * nothing tells it from others. */
static char *node_key(const struct finding *finding, const struct path_node *node)
{
    if (node->frame != NULL)
        return frame_key(finding, node->frame);
    if (node->module == RECORD_ABSENT || node->symbol == NULL)
        return NULL;
    return memory_format("%s:%s", identity_of(finding, node->module), node->symbol);
}

static char *joined(char *left, char *right)
{
    char *text = left != NULL && right != NULL ? memory_format("%s\n%s", left, right) : NULL;

    free(left);
    free(right);
    return text;
}

static bool is_about(const struct finding *finding, const struct frame *frame)
{
    return strcmp(identity_of(finding, frame->module), module_identity(finding_module(finding))) ==
           0;
}

/*
 * The call of a library by which the module registered what the block is part of. A library that
 * allocates for the module directly is none: then the block is made by the library that was called.
 */
static const struct frame *registering_call(const struct finding *finding)
{
    const struct finding_record *data = finding->data;
    size_t first = 0;

    while (first < data->stack_count && !is_about(finding, &data->stack[first]))
        first++;
    if (first < 2 || first == data->stack_count ||
        strcmp(identity_of(finding, data->stack[0].module),
               identity_of(finding, data->stack[first - 1].module)) == 0)
        return NULL;
    return &data->stack[first - 1];
}

static char *target_key(const struct finding *finding)
{
    const struct finding_record *data = finding->data;
    const json_t *target = json_object_get(data->subject, "target");

    if (!json_is_string(target) || strcmp(json_string_value(target), "code") != 0)
        return NULL;
    for (size_t i = 0; i < data->point_count; i++) {
        if (strcmp(data->points[i].role, "function") == 0)
            return frame_key(finding, &data->points[i]);
    }
    return NULL;
}

static char *pointer_key(const struct finding *finding)
{
    const struct path *path = &finding->data->retention_path;
    const struct frame *call = registering_call(finding);

    if (call != NULL && path->count > 0)
        return joined(node_key(finding, &path->nodes[0]), frame_key(finding, call));
    return target_key(finding);
}

/* The variable that the path begins with, and the last step before the module's first block. */
static char *holder_key(const struct finding *finding)
{
    const struct path *path = &finding->data->retention_path;
    size_t first = 0;

    while (first < path->count && !path->nodes[first].leaves)
        first++;
    if (first == 0 || first == path->count)
        return NULL;
    return joined(node_key(finding, &path->nodes[0]), node_key(finding, &path->nodes[first - 1]));
}

/* NULL: it is a cause of its own. */
static char *cause_key(const struct group *group)
{
    const struct finding *shown = group->shown;
    char *special = group->kind == KIND_POINTER     ? pointer_key(shown)
                    : group->kind == KIND_HEAP_HELD ? holder_key(shown)
                                                    : NULL;
    char *key;

    if (special == NULL)
        return NULL;
    key = memory_format("%s\n%s\n%d\n%d\n%d\n%s\n%s", shown->place->kind, shown->data->verdict,
                        (int)group->severity, group->growing, group->third_party, group->identity,
                        special);
    free(special);
    return key;
}

struct cause {
    char *key;
    struct group *first, *last;
    UT_hash_handle hh;
};

/* Takes the key over. A group that came true speaks for itself. */
static void join(struct cause **causes, char *key, struct group *group)
{
    struct cause *cause;

    HASH_FIND_STR(*causes, key, cause);
    if (cause != NULL && group->crash == NULL) {
        group->cause = cause->first;
        cause->last->next_of_cause = group;
        cause->last = group;
    }
    if (cause != NULL) {
        free(key);
        return;
    }
    cause = memory_zeroed(sizeof *cause);
    cause->key = key;
    cause->first = cause->last = group;
    HASH_ADD_KEYPTR(hh, *causes, cause->key, strlen(cause->key), cause);
}

static void forget(struct cause *causes)
{
    struct cause *cause = causes, *next;

    HASH_CLEAR(hh, causes);
    for (; cause != NULL; cause = next) {
        next = cause->hh.next;
        free(cause->key);
        free(cause);
    }
}

void causes_join(struct model *model)
{
    struct cause *causes = NULL;

    for (struct group *group = model->groups; group != NULL; group = group->hh.next) {
        char *key = group->hidden ? NULL : cause_key(group);

        group->cause = group->next_of_cause = NULL;
        if (key != NULL)
            join(&causes, key, group);
    }
    forget(causes);
}
