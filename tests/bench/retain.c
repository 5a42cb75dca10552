// SPDX-License-Identifier: MIT
/*
 * retain SHAPE MEGABYTES PLUGIN: fills the heap, lets a plug-in leave something behind, and prints
 *
 *   result BANDWIDTH DLCLOSE    nanoseconds of a pass over the words of all blocks, and of dlclose
 *
 * What the library says with verbosity=1 tells how long the walk took. SHAPE:
 *
 *   list     one list of small nodes, in the order of their addresses
 *   mixed    the same, in no order at all
 *   graph    100,000 blocks, each with some pointers to others
 *   cycle    100,000 blocks in rings, each with a pointer back and a pointer forward
 *   plain    large blocks of words that are no pointers
 */
#include "measure.h"

#include <dlfcn.h>
#include <unistd.h>

enum { GRAPH_BLOCKS = 100000, EDGES = 4, RING = 1000, NODE_WORDS = 7, PLAIN_WORDS = 1 << 16 };

typedef void callback(void);

/* The root of everything, and the table in which the plug-in leaves a pointer. */
static void **all;
static callback *table[16];
static size_t count, words; /* blocks, and words of each */
static int64_t bandwidth;
static uint64_t seed = 88172645463325252u;

static uint64_t next_number(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed;
}

/* The least work of any scan: a pass over the words, in the order of addresses. */
static int64_t pass(void)
{
    int64_t begin = measure_now();
    uintptr_t sum = 0;
    for (size_t at = 0; at < count; at++) {
        const uintptr_t *block = all[at];
        for (size_t word = 0; word < words; word++)
            sum += block[word];
    }
    __asm__ volatile("" : : "r"(sum));
    return measure_now() - begin;
}

static void make_blocks(size_t how_many, size_t words_each)
{
    count = how_many;
    words = words_each;
    all = malloc(count * sizeof *all);
    for (size_t at = 0; all && at < count; at++) {
        uintptr_t *block = malloc(words * sizeof *block);
        if (!block)
            abort();
        /* Numbers, as programs have them: small ones, and some that look like anything. */
        for (size_t word = 0; word < words; word++)
            block[word] = word % 4 ? next_number() % 1000 : next_number();
        all[at] = block;
    }
    bandwidth = pass();
}

static void link_list(void)
{
    for (size_t at = 0; at + 1 < count; at++)
        *(void **)all[at] = all[at + 1];
    *(void **)all[count - 1] = NULL;
}

static void shuffle(void)
{
    for (size_t at = count - 1; at > 0; at--) {
        size_t other = next_number() % (at + 1);
        void *block = all[at];
        all[at] = all[other];
        all[other] = block;
    }
}

static void link_graph(void)
{
    for (size_t at = 0; at < count; at++)
        for (size_t edge = 0; edge < EDGES; edge++)
            ((void **)all[at])[edge] = all[next_number() % count];
}

static void link_cycles(void)
{
    for (size_t at = 0; at < count; at++) {
        size_t first = at / RING * RING, length = count - first < RING ? count - first : RING;
        ((void **)all[at])[0] = all[first + (at - first + 1) % length];
        ((void **)all[at])[1] = all[first + (at - first + length - 1) % length];
    }
}

/* A list leads from its first node alone; then nothing points into the middle. */
static void fill(const char *shape, size_t bytes)
{
    size_t node = (NODE_WORDS + 1) * sizeof(uintptr_t);
    if (!strcmp(shape, "list") || !strcmp(shape, "mixed")) {
        make_blocks(bytes / node, NODE_WORDS);
        if (shape[0] == 'm')
            shuffle();
        link_list();
    } else if (!strcmp(shape, "graph") || !strcmp(shape, "cycle")) {
        make_blocks(GRAPH_BLOCKS, bytes / GRAPH_BLOCKS / sizeof(uintptr_t) - 1);
        if (shape[0] == 'g')
            link_graph();
        else
            link_cycles();
    } else {
        make_blocks(bytes / (PLAIN_WORDS * sizeof(uintptr_t)), PLAIN_WORDS);
    }
}

int main(int argc, char **argv)
{
    if (argc < 4)
        return 2;
    fill(argv[1], strtoul(argv[2], NULL, 10) << 20);
    void *handle = dlopen(argv[3], RTLD_NOW);
    void (*leave)(callback **) = handle ? (void (*)(callback **))dlsym(handle, "leave") : NULL;
    if (!leave)
        return 2;
    leave(&table[3]);
    int64_t begin = measure_now();
    dlclose(handle);
    printf("result %lld %lld\n", (long long)bandwidth, (long long)(measure_now() - begin));
    fflush(stdout);
    return table[3] == NULL;
}
