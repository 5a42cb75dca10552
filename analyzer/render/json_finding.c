// SPDX-License-Identifier: MIT
#include "render/json_finding.h"

#include "load/names.h"
#include "model/growth.h"
#include "model/members.h"
#include "render/finding_message.h"
#include "render/json_exceptions.h"
#include "render/json_frames.h"
#include "render/values.h"

#include <stdlib.h>

static json_t *subject_value(const struct finding *finding)
{
    json_t *subject = copied_value(finding->data->subject);

    for (size_t i = 0; i < finding->data->point_count; i++) {
        const struct frame *point = &finding->data->points[i];

        set_member(subject, point->role, frame_value(finding->process, point));
    }
    return subject;
}

/* Adds what symbolize found to a copy of the node. */
static void complete_node(json_t *value, const struct process *process,
                          const struct path_node *node)
{
    if (value == NULL || node->frame == NULL)
        return;
    if (node->frame->returns) {
        set_member(value, "frame", frame_value(process, node->frame));
    } else {
        const struct frame_place place = frame_place(node->frame, node->frame->inlined_count);

        set_place(value, &place);
    }
}

/* Steps repeat nodes: "to" of one is "from" of the next, unless some between them are left out. */
static json_t *path_value(const struct finding *finding)
{
    const struct path *checked = &finding->data->retention_path;
    json_t *path = copied_value(finding->data->path), *step;
    size_t index, from = 0;

    json_array_foreach(path, index, step)
    {
        if (from + 1 >= checked->count || json_object_get(step, "from") == NULL)
            continue;
        complete_node(json_object_get(step, "from"), finding->process, &checked->nodes[from]);
        complete_node(json_object_get(step, "to"), finding->process, &checked->nodes[from + 1]);
        from++;
        if (from + 1 < checked->count && checked->nodes[from + 1].skipped > 0)
            from++;
    }
    return path;
}

static json_t *instance_value(const struct finding *finding)
{
    json_t *instance = json_object();

    set_member(instance, "pid", known_integer(finding->process->key.pid));
    set_member(instance, "file", text_value(finding->process->file));
    set_member(instance, "id", json_integer(finding->id));
    return instance;
}

/* A list of a million helps nobody; the rest is counted. */
static void set_instances(json_t *value, const struct group *group)
{
    enum { INSTANCES_MAX = 1000 };
    json_t *instances = json_array();
    json_int_t more = 0;

    for (const struct finding *finding = group->first; finding != NULL;
         finding = finding->next_in_group) {
        if (json_array_size(instances) < INSTANCES_MAX)
            json_array_append_new(instances, instance_value(finding));
        else
            more++;
    }
    set_member(value, "instances", instances);
    set_member(value, "more_instances", json_integer(more));
}

/* Where the others of several places were made. */
static json_t *others_value(const struct group *group)
{
    json_t *others = json_array();

    for (size_t i = 0; i < group->variant_count; i++) {
        const struct finding *variant = group->variants[i].finding;

        if (variant != group->shown && variant->data->stack_count > 0)
            json_array_append_new(others, frame_value(variant->process, &variant->data->stack[0]));
    }
    return others;
}

/* Findings for which this one speaks. */
static json_t *same_cause_value(const struct group *group)
{
    json_t *others = json_array();

    for (const struct group *other = group->next_of_cause; other != NULL;
         other = other->next_of_cause) {
        json_t *value = json_object();

        set_member(value, "signature", text_value(other->signature.text));
        set_member(value, "function", text_value(other->signature.function));
        set_member(value, "count", json_integer(other->count));
        set_member(value, "bytes", known_integer(other->bytes));
        set_member(value, "blocks", known_integer(other->blocks));
        json_array_append_new(others, value);
    }
    return others;
}

static void set_module(json_t *value, const struct finding *finding)
{
    const struct module *module = finding_module(finding);

    set_member(value, "module", module != NULL ? text_value(module_identity(module)) : json_null());
    set_member(value, "module_path", text_value(finding_module_path(finding)));
    set_member(value, "build_id", text_value(module != NULL ? module->data->build_id : NULL));
    set_member(value, "state",
               module != NULL ? text_value(module_state_name(module->data->state)) : json_null());
}

static json_t *growth_value(const struct group *group)
{
    const struct growth growth = growth_of(group);
    json_t *value;

    if (!group->growing || growth.loads == 0)
        return json_null();
    value = json_object();
    set_member(value, "loads", json_integer(growth.loads));
    set_member(value, "things", json_integer(growth.things));
    set_member(value, "bytes_per_load", known_integer(growth.bytes));
    set_member(value, "blocks_per_load", known_integer(growth.blocks));
    set_member(value, "loads_until_no_key", known_integer(growth.keys_end));
    return value;
}

static void set_repeats(json_t *value, const struct group *group)
{
    json_t *loads = json_array(), *members;
    int64_t left_out;

    members = group_members(group, &left_out);
    for (size_t i = 0; i < group->load_count; i++)
        json_array_append_new(loads, json_integer(group->loads[i]));
    set_member(value, "count", json_integer(group->count));
    set_member(value, "bytes", known_integer(group->bytes));
    set_member(value, "blocks", known_integer(group->blocks));
    set_member(value, "members", members != NULL ? members : json_null());
    set_member(value, "loads", loads);
    set_member(value, "growing", json_boolean(group->growing));
    set_member(value, "growth", growth_value(group));
    set_member(value, "pending", json_boolean(group->pending));
}

static void set_sentences(json_t *value, const struct finding_record *data, const char *name,
                          const char *sentences)
{
    char *text = sentences != NULL ? message_text(data, sentences) : NULL;

    set_member(value, name, text_value(text));
    free(text);
}

static json_t *package_value(const struct package *package)
{
    json_t *value;

    if (package == NULL)
        return json_null();
    value = json_object();
    set_member(value, "name", text_value(package->name));
    set_member(value, "version", text_value(package->version));
    return value;
}

json_t *finding_value(const struct group *group)
{
    const struct finding *shown = group->shown;
    const struct finding_record *data = shown->data;
    json_t *value = json_object();
    const char *how = NULL;

    if (shown->resolved != NULL)
        how = shown->resolved[0] != '\0' ? shown->resolved : "resolved";
    set_member(value, "signature", text_value(group->signature.text));
    set_member(value, "unstable", json_boolean(group->signature.unstable));
    set_member(value, "function", text_value(group->signature.function));
    set_member(value, "kind", text_value(data->kind));
    set_member(value, "verdict", text_value(data->verdict));
    set_member(value, "severity", text_value(severity_name(group->severity)));
    set_sentences(value, data, "message", data->message);
    set_sentences(value, data, "cause", data->cause);
    set_sentences(value, data, "consequence", data->consequence);
    set_sentences(value, data, "fix", data->fix);
    set_module(value, shown);
    set_member(value, "third_party", json_boolean(group->third_party));
    set_member(value, "package", package_value(group->package));
    set_member(value, "at", text_value(data->at));
    set_member(value, "label", text_value(data->label));
    set_repeats(value, group);
    set_member(value, "resolved", text_value(how));
    set_member(value, "known", entry_value(group->known));
    set_member(value, "expired", entry_value(group->expired));
    set_member(value, "subject", subject_value(shown));
    set_member(value, "stack", stack_value(shown->process, data->stack, data->stack_count));
    set_member(value, "path", path_value(shown));
    set_member(value, "others", others_value(group));
    set_member(value, "same_cause", same_cause_value(group));
    set_instances(value, group);
    return value;
}
