// SPDX-License-Identifier: MIT
#include "interpose/bootstrap.h"

char bootstrap_buffer[BOOTSTRAP_SIZE] __attribute__((aligned(BOOTSTRAP_ALIGNMENT)));
static size_t used;
static bootstrap_release *real_release;

/* The size of a block lies before it. */
COLD void *bootstrap_alloc(size_t size)
{
    enum { MASK = BOOTSTRAP_ALIGNMENT - 1 };
    size_t need = ((size + MASK) & ~(size_t)MASK) + BOOTSTRAP_ALIGNMENT;
    if (size > BOOTSTRAP_SIZE || need > BOOTSTRAP_SIZE - used)
        return NULL;
    char *p = bootstrap_buffer + used + BOOTSTRAP_ALIGNMENT;
    *(size_t *)(void *)(p - sizeof size) = size;
    used += need;
    return p;
}

size_t bootstrap_size(const void *p)
{
    return *((const size_t *)p - 1);
}

static void release_unless_ours(void *p)
{
    if (!bootstrap_has(p))
        real_release(p);
}

bootstrap_release *bootstrap_choose_release(bootstrap_release *release)
{
    if (used == 0)
        return release;
    real_release = release;
    return release_unless_ours;
}
