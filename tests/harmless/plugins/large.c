// SPDX-License-Identifier: MIT
/* A plug-in whose data is larger than a page, and ends its file's mapped part. */
#include "../observe.h"

char large[LARGE] = {1};

EXPORT(char *, large_data, size_t *size)
{
    *size = sizeof large;
    return large;
}
