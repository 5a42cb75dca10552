// SPDX-License-Identifier: MIT
#include "load/path.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

static struct frame *one_frame(struct frame frame)
{
    struct frame *copy = memory_zeroed(sizeof *copy);

    *copy = frame;
    return copy;
}

static bool is_what(const struct path_node *node, const char *what)
{
    return node->what != NULL && strcmp(node->what, what) == 0;
}

/* A place in an image has the members of a frame, with "address" for "pc". */
static struct frame *image_frame(const struct path_node *node, const struct fields *members)
{
    return one_frame((struct frame){
        .role = "to",
        .pc = node->address,
        .module = node->module,
        .offset = (uint64_t)field_integer(members, "offset", FIELD_OPTIONAL, 0),
        .symbol = node->symbol,
    });
}

static struct frame *variable_frame(const struct path_node *node, const struct fields *members)
{
    return one_frame((struct frame){
        .of = is_what(node, "tls") ? FRAME_OF_TLS : FRAME_OF_DATA,
        .pc = node->address,
        .module = node->module,
        .offset = (uint64_t)field_integer(members, "offset", FIELD_OPTIONAL, 0),
    });
}

static struct path_node read_node(const struct fields *fields, const json_t *object)
{
    const struct fields members = {object, fields->problem, fields->problem_size};
    struct path_node node = {
        .what = field_text(&members, "what", FIELD_REQUIRED),
        .symbol = field_text(&members, "symbol", FIELD_OPTIONAL),
        .target = field_text(&members, "target", FIELD_OPTIONAL),
        .thread_name = field_text(&members, "thread_name", FIELD_OPTIONAL),
        .address = field_address(&members, "address"),
        .module = field_natural(&members, "module", FIELD_OPTIONAL, RECORD_ABSENT),
        .owner = field_natural(&members, "owner", FIELD_OPTIONAL, RECORD_ABSENT),
        .key = field_natural(&members, "key", FIELD_OPTIONAL, RECORD_ABSENT),
        .descriptor = field_natural(&members, "descriptor", FIELD_OPTIONAL, RECORD_ABSENT),
        .tid = field_natural(&members, "tid", FIELD_OPTIONAL, RECORD_ABSENT),
        .bytes = field_natural(&members, "bytes", FIELD_OPTIONAL, RECORD_ABSENT),
        .common = field_flag(&members, "common"),
        .via = RECORD_ABSENT,
    };
    const json_t *frame = field_object(&members, "frame");

    if (frame != NULL)
        node.frame = one_frame(frame_read(fields, frame, NULL));
    else if (is_what(&node, "image") || (is_what(&node, "data") && node.symbol == NULL))
        node.frame = image_frame(&node, &members);
    else if (is_what(&node, "data") || (is_what(&node, "tls") && node.symbol != NULL))
        node.variable = variable_frame(&node, &members);
    return node;
}

static void node_free(struct path_node *node)
{
    frames_free(node->frame, node->frame != NULL);
    frames_free(node->variable, node->variable != NULL);
}

static bool same_node(const struct path_node *left, const struct path_node *right)
{
    return right->what != NULL && is_what(left, right->what) && left->address == right->address;
}

/* Where a step begins: at the node to which the one before it led; after a gap at a new one. */
static void begin_step(const struct fields *fields, const json_t *from, struct path *path,
                       int64_t *skipped)
{
    struct path_node node = read_node(fields, from);
    bool goes_on = path->count > 0 && *skipped == 0;

    if (goes_on && !same_node(&path->nodes[path->count - 1], &node))
        fields_fail(fields, "a step of \"path\" does not begin where the one before it ends");
    if (goes_on) {
        node_free(&node);
        return;
    }
    node.skipped = *skipped;
    ARRAY_PUSH(path->nodes, path->count, node);
    *skipped = 0;
}

static void read_step(const struct fields *fields, const json_t *step, struct path *path,
                      int64_t *skipped)
{
    const struct fields members = {step, fields->problem, fields->problem_size};
    const json_t *from = field_object(&members, "from"), *to = field_object(&members, "to");
    int64_t gap = field_natural(&members, "skipped", FIELD_OPTIONAL, 0);
    struct path_node node;

    if (gap > 0) {
        *skipped = gap;
        return;
    }
    if (from == NULL || to == NULL) {
        fields_fail(fields, "a step of \"path\" has no \"from\" or no \"to\"");
        return;
    }
    begin_step(fields, from, path, skipped);
    path->nodes[path->count - 1].via =
        field_natural(&members, "via", FIELD_OPTIONAL, RECORD_ABSENT);
    node = read_node(fields, to);
    node.leaves = field_flag(&members, "leaves");
    ARRAY_PUSH(path->nodes, path->count, node);
}

void path_read(const struct fields *fields, const json_t *steps, struct path *path)
{
    const json_t *step;
    int64_t skipped = 0;
    size_t index;

    json_array_foreach(steps, index, step)
    {
        if (json_is_object(step))
            read_step(fields, step, path, &skipped);
        else
            fields_fail(fields, "a step of \"path\" is not an object");
    }
    if (skipped > 0)
        fields_fail(fields, "\"path\" ends with a gap");
}

void path_free(struct path *path)
{
    for (size_t i = 0; i < path->count; i++)
        node_free(&path->nodes[i]);
    free(path->nodes);
    *path = (struct path){0};
}
