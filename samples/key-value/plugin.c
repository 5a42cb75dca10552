// SPDX-License-Identifier: MIT
/*
 * Defect: something of this plug-in stays behind as a thread's value for the host's key: static
 * data, or a heap block that the plug-in made.
 *
 * Consequence: static data is unmapped: whoever reads the value reads unmapped memory, or somebody
 * else's. A heap block stays, and is lost when nobody frees it.
 *
 * Report: key-value. In the image: dangling, error. A block: lost, warning; or held, note, where
 * the host's key has a destructor, which gets the block when the thread ends.
 *
 * Fix: tidy.c.
 */
#include "host.h"
#include "plugin.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <threads.h>

static char settings[] = "the plug-in's own settings";
static const char constant[] = "the plug-in's own text";

static int remember(const void *value)
{
    return value && pthread_setspecific(host_key(), value) == 0 ? 0 : -1;
}

ENTRY(use_image)
{
    return remember(settings) == 0 ? 0 : -1;
}

ENTRY(use_constant)
{
    return remember(constant) == 0 ? 0 : -1;
}

ENTRY(use_image_c11)
{
    return tss_set(host_key(), settings) == thrd_success ? 0 : -1;
}

ENTRY(use_malloc)
{
    char *block = malloc(sizeof SECRET);

    if (block)
        memcpy(block, SECRET, sizeof SECRET);
    return remember(block) == 0 ? 0 : -1;
}

ENTRY(use_calloc)
{
    return remember(calloc(10, 10)) == 0 ? 0 : -1;
}

ENTRY(use_realloc)
{
    char *small = malloc(10);
    char *block = realloc(small, 1000);

    if (!block)
        free(small);
    return remember(block) == 0 ? 0 : -1;
}

ENTRY(use_aligned)
{
    void *block;

    if (posix_memalign(&block, 256, 512) != 0)
        return -1;
    return remember(block) == 0 ? 0 : -1;
}

/* The C library makes the block, on behalf of the plug-in: it is the plug-in's. */
ENTRY(use_strdup)
{
    return remember(strdup(SECRET)) == 0 ? 0 : -1;
}

ENTRY(use_asprintf)
{
    char *block;

    if (asprintf(&block, "%s %d", SECRET, 1) < 0)
        return -1;
    return remember(block) == 0 ? 0 : -1;
}

/* A large block is mapped by itself. */
ENTRY(use_large)
{
    return remember(calloc(1, 1 << 20)) == 0 ? 0 : -1;
}

/* The value is the host's own, and leads to what is the plug-in's. */
ENTRY(use_deep_image)
{
    return remember(host_box(2, settings)) == 0 ? 0 : -1;
}

ENTRY(use_deep_block)
{
    return remember(host_box(3, strdup(SECRET))) == 0 ? 0 : -1;
}

/* The host's list leads there as well. */
ENTRY(use_shared)
{
    void *box = host_box(2, settings);

    host_list_add(box);
    return remember(box) == 0 ? 0 : -1;
}

/* No finding: the block is the host's, whoever asked for it. */
ENTRY(use_host_block)
{
    return remember(host_copy(SECRET)) == 0 ? 0 : -1;
}

/* No finding either, though untidy: the block is freed. What was freed is not reported. */
ENTRY(use_freed)
{
    void *block = calloc(1, 100);
    int error = remember(block);

    free(block);
    return error == 0 ? 0 : -1;
}
