// SPDX-License-Identifier: MIT
#include "base/file_ids.h"

#include "base/memory.h"

#include <stdlib.h>

void file_ids_add(struct file_ids *ids, const struct stat *status)
{
    ARRAY_PUSH(ids->items, ids->count, (struct file_id){status->st_dev, status->st_ino});
}

bool file_ids_have(const struct file_ids *ids, const struct stat *status)
{
    for (size_t i = 0; i < ids->count; i++) {
        if (ids->items[i].device == status->st_dev && ids->items[i].inode == status->st_ino)
            return true;
    }
    return false;
}

void file_ids_clear(struct file_ids *ids)
{
    free(ids->items);
    *ids = (struct file_ids){0};
}
