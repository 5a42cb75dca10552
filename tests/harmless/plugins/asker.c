// SPDX-License-Identifier: MIT
/* Asks for memory, itself and through libc. What follows each call keeps it from becoming a jump.
 */
#include "../observe.h"

static volatile int after;

EXPORT(void *, ask, size_t size)
{
    void *block = malloc(size);
    after++;
    return block;
}

EXPORT(void *, ask_through_libc, const char *text)
{
    void *block = strdup(text);
    after++;
    return block;
}

EXPORT(void, give_back, void *block)
{
    free(block);
    after++;
}
