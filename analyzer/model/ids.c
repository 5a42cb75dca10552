// SPDX-License-Identifier: MIT
#include "model/ids.h"

#include "base/memory.h"
#include "model/model.h"

#include <stdlib.h>

enum { ROOM_AT_FIRST = 8 };

/* The slot with the id, or the free one where it belongs. */
static struct finding **slot_of(struct finding **slots, size_t room, int64_t id)
{
    uint64_t hash = (uint64_t)id * 0x9e3779b97f4a7c15u;
    size_t at = (size_t)(hash ^ hash >> 32) & (room - 1);

    while (slots[at] != NULL && slots[at]->id != id)
        at = (at + 1) & (room - 1);
    return &slots[at];
}

static void grow(struct ids *ids)
{
    size_t room = ids->room > 0 ? 2 * ids->room : ROOM_AT_FIRST;
    struct finding **slots = memory_zeroed(room * sizeof(struct finding *));

    for (size_t i = 0; i < ids->room; i++) {
        if (ids->slots[i] != NULL)
            *slot_of(slots, room, ids->slots[i]->id) = ids->slots[i];
    }
    free(ids->slots);
    ids->slots = slots;
    ids->room = room;
}

struct finding *ids_find(const struct ids *ids, int64_t id)
{
    return ids->room > 0 ? *slot_of(ids->slots, ids->room, id) : NULL;
}

void ids_add(struct ids *ids, struct finding *finding)
{
    if (2 * (ids->count + 1) > ids->room)
        grow(ids);
    *slot_of(ids->slots, ids->room, finding->id) = finding;
    ids->count++;
}

void ids_free(struct ids *ids)
{
    free(ids->slots);
    *ids = (struct ids){0};
}
