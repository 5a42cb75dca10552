// SPDX-License-Identifier: MIT
/*
 * The workloads on the heap in C. Compiled into the program and into a plug-in: the caller of
 * malloc is then the one or the other.
 */
#include "work.h"

#include "measure.h"

struct live {
    uint32_t seed;
    uint32_t at;
    void *blocks[WORK_LIVE];
};

static void *new_live(void)
{
    struct live *live = calloc(1, sizeof *live);
    live->seed = 12345;
    for (uint32_t at = 0; at < WORK_LIVE; at++)
        live->blocks[at] = malloc(measure_size(&live->seed));
    return live;
}

/* The slot that is replaced next: anywhere in the live set. */
static void **next_slot(struct live *live)
{
    live->at = live->at * 22695477u + 1;
    return &live->blocks[(live->at >> 16) % WORK_LIVE];
}

/* The cheapest there is: a block is freed as soon as it was made, and made again from the same
 * place. */
static void tight(void *state)
{
    struct live *live = state;
    for (int round = 0; round < MEASURE_PORTION; round++) {
        char *block = malloc(measure_size(&live->seed));
        *block = 1;
        free(block);
    }
}

/* Sizes from which the library reads a new block, once a module was opened. */
static void tight_of_size(size_t size)
{
    for (int round = 0; round < MEASURE_PORTION; round++) {
        volatile char *block = malloc(size);
        *block = 1;
        free((void *)block);
    }
}

static void tight_256(void *state)
{
    (void)state;
    tight_of_size(256);
}

static void tight_4k(void *state)
{
    (void)state;
    tight_of_size(4096);
}

static void pair(void *state)
{
    struct live *live = state;
    for (int round = 0; round < MEASURE_PORTION; round++) {
        void **slot = next_slot(live);
        free(*slot);
        char *block = malloc(measure_size(&live->seed));
        *block = 1;
        *slot = block;
    }
}

static void zeroed(void *state)
{
    struct live *live = state;
    for (int round = 0; round < MEASURE_PORTION; round++) {
        void **slot = next_slot(live);
        free(*slot);
        *slot = calloc(1, measure_size(&live->seed));
    }
}

static void grow(void *state)
{
    struct live *live = state;
    for (int round = 0; round < MEASURE_PORTION; round++) {
        void **slot = next_slot(live);
        *slot = realloc(*slot, measure_size(&live->seed));
    }
}

/* Through a common module: libc allocates for its caller. */
static void copy(void *state)
{
    static const char text[] = "a text of some length, as names of files are: 0123456789";
    struct live *live = state;
    for (int round = 0; round < MEASURE_PORTION; round++) {
        void **slot = next_slot(live);
        free(*slot);
        *slot = strdup(text + round % 32);
    }
}

/* Through libc by a longer way: asprintf allocates and grows in inner functions. */
static void print(void *state)
{
    struct live *live = state;
    for (int round = 0; round < MEASURE_PORTION; round++) {
        void **slot = next_slot(live);
        char *text = NULL;
        free(*slot);
        if (asprintf(&text, "%d is a number", round) < 0)
            abort();
        *slot = text;
    }
}

static const struct work works[] = {
    {"pair", pair, new_live},
    {"tight", tight, new_live},
    {"calloc", zeroed, new_live},
    {"realloc", grow, new_live},
    {"strdup", copy, new_live},
    {"asprintf", print, new_live},
    {"tight-256", tight_256, new_live},
    {"tight-4k", tight_4k, new_live},
    {NULL, NULL, NULL},
};

const struct work *work_table(void)
{
    return works;
}

void work_fill(size_t count, size_t least, size_t most)
{
    static void *last;
    uint32_t seed = 99;
    for (size_t at = 0; at < count; at++) {
        size_t size = most > least ? least + measure_size(&seed) % (most - least + 1) : least;
        void **block = malloc(size);
        memset(block, 1, size);
        *block = last;
        last = block;
    }
}
