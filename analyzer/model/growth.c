// SPDX-License-Identifier: MIT
#include "model/growth.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

/* How many loads there were from the first that left something to the last; 0 if that is one. Where
 * they are many, "loads" does not list all; the module is that of the last. */
static int64_t loads_of(const struct finding *finding)
{
    const struct module *module = finding_module(finding);
    int64_t first = INT64_MAX, last = module != NULL ? module->data->load : 0;
    size_t count;
    const int64_t *loads = finding_loads(finding, &count);

    for (size_t i = 0; i < count; i++) {
        first = loads[i] < first ? loads[i] : first;
        last = loads[i] > last ? loads[i] : last;
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
    int kind = finding->place->kind_number;

    return kind == KIND_KEY || kind == KIND_KEY_DESTRUCTOR;
}

static double rate_of(const struct finding *finding)
{
    int64_t loads = loads_of(finding);

    return loads > 1 ? (double)finding->count / (double)loads : 0;
}

static struct key_use *find_use(const struct process *process, const struct finding *finding)
{
    const char *identity = module_identity(finding_module(finding));
    struct key_use *use;

    HASH_FIND_STR(process->key_uses, identity, use);
    return use;
}

void growth_collect(struct process *process)
{
    for (const struct finding *finding = process->findings; finding != NULL;
         finding = finding->next) {
        struct key_use *use;

        process->key_steps++;
        if (!takes_keys(finding) || finding->resolved != NULL)
            continue;
        use = find_use(process, finding);
        if (use == NULL) {
            use = memory_zeroed(sizeof *use);
            use->identity = module_identity(finding_module(finding));
            use->live = RECORD_ABSENT;
            HASH_ADD_KEYPTR(hh, process->key_uses, use->identity, strlen(use->identity), use);
        }
        use->rate += rate_of(finding);
        if (finding->keys_live > use->live)
            use->live = finding->keys_live;
    }
}

void growth_forget(struct process *process)
{
    struct key_use *use = process->key_uses, *next;

    HASH_CLEAR(hh, process->key_uses);
    for (; use != NULL; use = next) {
        next = use->hh.next;
        free(use);
    }
}

static int64_t keys_end(const struct finding *finding)
{
    int64_t most = subject_integer(finding, "keys_max");
    const struct key_use *use = takes_keys(finding) ? find_use(finding->process, finding) : NULL;
    double loads;

    if (use == NULL || use->rate <= 0 || most < 0 || use->live < 0)
        return RECORD_ABSENT;
    loads = use->live < most ? (double)(most - use->live) / use->rate : 0;
    return loads < (double)INT64_MAX ? (int64_t)loads : INT64_MAX;
}

/* A repeated finding describes the last time: its bytes are those of one load. */
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
