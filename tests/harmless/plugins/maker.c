// SPDX-License-Identifier: MIT
/* Makes blocks of all kinds for others, and takes some. */
#include "../observe.h"
#include <malloc.h>

EXPORT(void *, make_block, int kind, size_t size)
{
    void *block = NULL;
    switch (kind % 8) {
    case 0:
        block = malloc(size);
        break;
    case 1:
        block = calloc(1, size);
        break;
    case 2:
        block = realloc(NULL, size);
        break;
    case 3:
        block = reallocarray(NULL, size, 1);
        break;
    case 4:
        block = memalign(64, size);
        break;
    case 5:
        if (posix_memalign(&block, 32, size) != 0)
            block = NULL;
        break;
    case 6:
        block = strndup("0123456789012345678901234567890123456789", size);
        break;
    default:
        block = aligned_alloc(16, size);
        break;
    }
    return block;
}

EXPORT(void, take_block, void *block)
{
    free(block);
}
