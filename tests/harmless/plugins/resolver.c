// SPDX-License-Identifier: MIT
/* An indirect function whose resolver, which runs while the program is relocated, allocates. */
#include "../observe.h"

static void *volatile resolver_block;

static int chosen(void)
{
    return resolver_block ? 4 : 5;
}

__attribute__((used)) static int (*resolve(void))(void)
{
    resolver_block = malloc(50);
    resolver_block = realloc(resolver_block, 500);
    free(calloc(2, 20));
    return chosen;
}

int indirect(void) __attribute__((ifunc("resolve")));

EXPORT(void, resolver_free, void)
{
    free(resolver_block);
    resolver_block = NULL;
}
