// SPDX-License-Identifier: MIT
/*
 * Blocks go where they like: made in a plug-in and freed by the program after its dlclose, grown by
 * another module, freed in another thread than the one that made them.
 */
#include "../observe.h"
#include <pthread.h>

enum { BLOCKS = 2000 };

static void *blocks[BLOCKS];

static void *free_odd(void *argument)
{
    for (int at = 1; at < BLOCKS; at += 2) {
        free(blocks[at]);
        blocks[at] = strdup("of the thread");
    }
    return argument;
}

static void round_trip(void)
{
    pthread_t thread;
    void *handle = open_plugin("./maker.so", RTLD_NOW);
    void *(*make)(int, size_t) = (void *(*)(int, size_t))symbol(handle, "make_block");
    void (*take)(void *) = (void (*)(void *))symbol(handle, "take_block");
    for (int at = 0; at < BLOCKS; at++) {
        size_t size = 1 + (size_t)(at * 37) % 300;
        blocks[at] = make(at, size);
        check(blocks[at] != NULL);
        memset(blocks[at], at, at % 8 == 6 && size > 40 ? 40 : size);
    }
    for (int at = 0; at < BLOCKS; at += 10)
        take(blocks[at]);
    check(dlclose(handle) == 0);
    check(!is_mapped("maker.so"));

    check(pthread_create(&thread, NULL, free_odd, NULL) == 0);
    pthread_join(thread, NULL);
    for (int at = 0; at < BLOCKS; at++) {
        if (at % 10 == 0)
            continue;
        if (at % 2 == 0) {
            check(*(char *)blocks[at] == (char)at);
            blocks[at] = realloc(blocks[at], 700);
            check(*(char *)blocks[at] == (char)at);
        } else {
            check(strcmp(blocks[at], "of the thread") == 0);
        }
        free(blocks[at]);
    }
}

int main(void)
{
    for (int round = 0; round < 10; round++)
        round_trip();
    say("done\n");
    return observe_status();
}
