// SPDX-License-Identifier: MIT
#include "modules/object_at.h"

#include <stddef.h>

static find_object *loader_find_object;

void object_at_init(find_object *function)
{
    loader_find_object = function;
}

bool object_at_works(void)
{
    return loader_find_object != NULL;
}

bool object_at(uintptr_t address, struct dl_find_object *found)
{
    return loader_find_object && loader_find_object((void *)address, found) == 0;
}
