// SPDX-License-Identifier: MIT
#include "model/places.h"

#include "base/hash.h"
#include "base/memory.h"
#include "load/names.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A key while it is made: parts, each with a NUL after it. */
struct key {
    char *text;
    size_t length, room;
};

static void put(struct key *key, const char *part)
{
    size_t length = part != NULL ? strlen(part) + 1 : 0;

    if (key->length + length + 1 > key->room) {
        key->room = 2 * (key->length + length + 1);
        key->text = memory_resize(key->text, key->room);
    }
    if (length > 0)
        memcpy(key->text + key->length, part, length);
    else
        key->text[key->length++] = '\0';
    key->length += length;
}

/* A module that the files have not described yet: nothing is known of it but its id there. */
static void put_unknown(struct key *key, const struct process *process, int64_t id)
{
    char text[80];

    snprintf(text, sizeof text, "?%" PRId64 " %" PRId64 " %" PRId64, process->key.file,
             process->key.pid, id);
    put(key, text);
}

/* Builds whose code has a part in the finding: equal offsets in others are no equal places. */
static void put_builds(struct key *key, const struct process *process, const struct frame *frames,
                       size_t count)
{
    int64_t last = RECORD_ABSENT;

    for (size_t i = 0; i < count; i++) {
        const struct module *module;

        if (frames[i].module == last || frames[i].module == RECORD_ABSENT)
            continue;
        last = frames[i].module;
        module = process_module(process, last);
        if (module != NULL)
            put(key, module->data->build_id);
        else
            put_unknown(key, process, last);
    }
}

/*
 * The library's signature, which is made of places in files. A finding without a signature is like
 * another one that says the same of the same module.
 */
static void make_key(struct key *key, const struct process *process,
                     const struct finding_record *data)
{
    const struct module *module = process_module(process, data->module);

    key->length = 0;
    put(key, data->kind);
    put(key, data->signature);
    if (data->signature == NULL || data->signature[0] == '\0') {
        put(key, data->message);
        if (module != NULL)
            put(key, module_identity(module));
        else
            put_unknown(key, process, data->module);
    }
    put_builds(key, process, data->points, data->point_count);
    put_builds(key, process, data->stack, data->stack_count);
}

static struct place *new_place(struct model *model, const struct key *key,
                               const struct finding_record *data)
{
    struct place *place = store_block(&model->store, sizeof *place);
    char *text = store_block(&model->store, key->length);

    memcpy(text, key->text, key->length);
    place->key = text;
    place->kind = text;
    place->kind_number = name_to_kind(data->kind);
    place->signature = data->signature != NULL ? text + strlen(text) + 1 : NULL;
    return place;
}

struct place *places_need(struct model *model, const struct process *process,
                          const struct finding_record *data)
{
    struct key *key = model->new_key;
    struct place *place;

    if (key == NULL)
        key = model->new_key = memory_zeroed(sizeof *key);
    make_key(key, process, data);
    HASH_FIND(hh, model->places, key->text, key->length, place);
    if (place != NULL)
        return place;
    place = new_place(model, key, data);
    HASH_ADD_KEYPTR(hh, model->places, place->key, key->length, place);
    return place;
}

void places_free(struct model *model)
{
    HASH_CLEAR(hh, model->places);
    store_free(&model->store);
    if (model->new_key != NULL)
        free(model->new_key->text);
    free(model->new_key);
}
