// SPDX-License-Identifier: MIT
#include "model/members.h"

struct collected {
    json_t *list;  /* in the order in which they came */
    json_t *names; /* name: its object in the list */
};

static void add_member(struct collected *members, const json_t *member)
{
    const char *name = json_string_value(json_object_get(member, "name"));
    json_t *known = name != NULL ? json_object_get(members->names, name) : NULL;
    json_int_t count = json_integer_value(json_object_get(member, "count")), sum;

    if (known == NULL) {
        known = json_copy((json_t *)member);
        json_array_append_new(members->list, known);
        if (name != NULL)
            json_object_set_nocheck(members->names, name, known);
        return;
    }
    if (__builtin_add_overflow(json_integer_value(json_object_get(known, "count")), count, &sum))
        sum = INT64_MAX;
    json_object_set_new(known, "count", json_integer(sum));
}

/* The module itself, for a place that opened one only. */
static void add_module(struct collected *members, const struct finding *finding)
{
    json_t *member = json_object();

    json_object_set_new(member, "name", json_string(module_identity(finding_module(finding))));
    json_object_set_new(member, "count", json_integer(finding->count));
    json_object_set_new(member, "module", json_integer(finding->module));
    add_member(members, member);
    json_decref(member);
}

static int64_t add_finding(struct collected *members, const struct finding *finding)
{
    const json_t *member;
    size_t index;

    json_array_foreach(finding->data->members, index, member)
    {
        add_member(members, member);
    }
    if (json_array_size(finding->data->members) == 0 && finding->place->kind_number == KIND_HANDLE)
        add_module(members, finding);
    return finding->data->more_members;
}

json_t *group_members(const struct group *group, int64_t *left_out)
{
    struct collected members = {json_array(), json_object()};

    *left_out = 0;
    for (size_t i = 0; i < group->variant_count; i++)
        *left_out += add_finding(&members, group->variants[i].finding);
    if (group->variant_count == 0)
        *left_out = add_finding(&members, group->shown);
    json_decref(members.names);
    /* A single module that was opened at several places is no list. */
    if (json_array_size(members.list) > 1 || json_array_size(group->shown->data->members) > 0)
        return members.list;
    json_decref(members.list);
    return NULL;
}
