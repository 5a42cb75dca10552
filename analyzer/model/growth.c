// SPDX-License-Identifier: MIT
#include "model/growth.h"

#include "load/names.h"

#include <string.h>

/* How many loads there were from the first that left something to the last; 0 if that is one. Where
 * they are many, "loads" does not list all; the module is that of the last. */
static int64_t loads_of(const struct finding *finding)
{
    const struct module *module = finding_module(finding);
    int64_t first = INT64_MAX, last = module != NULL ? module->data->load : 0;
    const json_t *item;
    size_t index;

    json_array_foreach(finding->data->loads, index, item)
    {
        int64_t load = json_integer_value(item);

        first = load < first ? load : first;
        last = load > last ? load : last;
    }
    return first < 1 || first >= last ? 0 : last - first + 1;
}

static int64_t subject_integer(const struct finding *finding, const char *name)
{
    const json_t *value = json_object_get(finding->data->subject, name);

    return json_is_integer(value) ? json_integer_value(value) : RECORD_ABSENT;
}

/* Does each of what it counts take a key that nobody gives back? */
static bool takes_keys(const struct finding *finding)
{
    int kind = name_to_kind(finding->data->kind);

    return kind == KIND_KEY || kind == KIND_KEY_DESTRUCTOR;
}

static double rate_of(const struct finding *finding)
{
    int64_t loads = loads_of(finding);

    return loads > 1 ? (double)finding->data->count / (double)loads : 0;
}

/* All that the module leaves in this process takes from the same keys. */
static double key_rate(const struct finding *finding, int64_t *keys_live)
{
    const char *identity = module_identity(finding_module(finding));
    double rate = 0;

    for (const struct finding *other = finding->process->findings; other != NULL;
         other = other->hh.next) {
        int64_t live = subject_integer(other, "keys_live");

        if (!takes_keys(other) || other->resolved != NULL ||
            strcmp(module_identity(finding_module(other)), identity) != 0)
            continue;
        rate += rate_of(other);
        if (live > *keys_live)
            *keys_live = live;
    }
    return rate;
}

static int64_t keys_end(const struct finding *finding)
{
    int64_t most = subject_integer(finding, "keys_max"), live = RECORD_ABSENT;
    double rate = takes_keys(finding) ? key_rate(finding, &live) : 0, loads;

    if (rate <= 0 || most < 0 || live < 0)
        return RECORD_ABSENT;
    loads = live < most ? (double)(most - live) / rate : 0;
    return loads < (double)INT64_MAX ? (int64_t)loads : INT64_MAX;
}

/* A finding that came again tells of the last time: its bytes are those of one load. */
static void add_memory(struct growth *growth, const struct finding *finding)
{
    int64_t hanging_bytes = subject_integer(finding, "hanging_bytes");
    int64_t hanging_blocks = subject_integer(finding, "hanging_blocks");

    if (finding->data->bytes == RECORD_ABSENT || finding->data->blocks == RECORD_ABSENT)
        return;
    if (hanging_bytes < 0 ||
        __builtin_add_overflow(finding->data->bytes, hanging_bytes, &growth->bytes))
        growth->bytes = finding->data->bytes;
    if (hanging_blocks < 0 ||
        __builtin_add_overflow(finding->data->blocks, hanging_blocks, &growth->blocks))
        growth->blocks = finding->data->blocks;
}

struct growth growth_of(const struct group *group)
{
    const struct finding *finding = group->shown;
    struct growth growth = {
        .bytes = RECORD_ABSENT, .blocks = RECORD_ABSENT, .keys_end = RECORD_ABSENT};
    int64_t loads = loads_of(finding);

    if (loads < 2 || finding->data->count < 1)
        return growth;
    growth.loads = loads;
    growth.things = finding->data->count;
    growth.keys_end = keys_end(finding);
    add_memory(&growth, finding);
    return growth;
}
