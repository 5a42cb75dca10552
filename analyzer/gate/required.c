// SPDX-License-Identifier: MIT
#include "gate/required.h"

#include "base/memory.h"

char *required_failure(const struct required *required, const struct model *model, bool heap_seen)
{
    if (required->heap && !heap_seen)
        return memory_string("--require=heap, and heap blocks were not seen");
    if (model->unloaded < required->unloaded)
        return memory_format("--require=unload=%zu, and %zu module%s unloaded", required->unloaded,
                             model->unloaded, model->unloaded == 1 ? " was" : "s were");
    return NULL;
}
