// SPDX-License-Identifier: MIT
/*
 * A plug-in that talks to dlpin (dlpin.h). The plug-in leaves things behind on purpose, and says
 * so: a block that is handed over for good, and things that are made between dlpin_ignore_begin()
 * and dlpin_ignore_end().
 *
 * Report: nothing. Entry points whose names end in _open do not say it, and are reported.
 */
#include "dlpin.h"
#include "host.h"
#include "plugin.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

static pthread_key_t counter;
static int settings;

static void forget(void *value)
{
    free(value);
}

ENTRY(hand_over)
{
    char *block = strdup(SECRET);

    host_list_add(block);
    dlpin_disown(block);
    return 0;
}

ENTRY(hand_over_open)
{
    host_list_add(strdup(SECRET));
    return 0;
}

/* By an address in its middle. */
ENTRY(hand_over_interior)
{
    char *block = calloc(1, 200);

    host_list_add(block + 72);
    dlpin_disown(block + 72);
    return 0;
}

ENTRY(make_key)
{
    int error;

    dlpin_ignore_begin();
    error = pthread_key_create(&counter, forget);
    dlpin_ignore_end();
    return error;
}

ENTRY(make_key_open)
{
    int error = pthread_key_create(&counter, forget);

    return error;
}

/* They nest: after the inner end it still is ignored, after the outer one it is not. */
ENTRY(make_key_nested)
{
    dlpin_ignore_begin();
    dlpin_ignore_begin();
    dlpin_ignore_end();
    make_key_open();
    dlpin_ignore_end();
    return 0;
}

ENTRY(make_key_afterwards_open)
{
    dlpin_ignore_begin();
    dlpin_ignore_end();
    dlpin_ignore_end(); /* one too many does no harm */
    make_key_open();
    return 0;
}

static __attribute__((noinline)) void lose(void)
{
    void *volatile block = strdup(SECRET);

    block = NULL;
    (void)block;
}

ENTRY(lose_blocks)
{
    dlpin_ignore_begin();
    for (volatile int i = 0; i < 5; i++)
        lose();
    dlpin_ignore_end();
    return 0;
}

/* From the same line of code, once so and once so. */
ENTRY(lose_one_of_two_open)
{
    dlpin_ignore_begin();
    lose();
    dlpin_ignore_end();
    lose();
    return 0;
}

ENTRY(set_value)
{
    int error;

    dlpin_ignore_begin();
    error = pthread_setspecific(host_key(), &settings);
    dlpin_ignore_end();
    return error;
}

static void *serve(void *unused)
{
    (void)unused;
    host_park();
}

ENTRY(start_thread)
{
    pthread_t thread;
    int error;

    dlpin_ignore_begin();
    error = pthread_create(&thread, NULL, serve, NULL);
    dlpin_ignore_end();
    if (!error)
        host_await();
    return error;
}

static void on_signal(int number)
{
    (void)number;
}

static int register_things(void)
{
    static char variable[] = "SAMPLES_TALKING=1";
    struct sigaction action = {.sa_handler = on_signal};

    return sigaction(SIGUSR1, &action, NULL) != 0 || putenv(variable) != 0;
}

ENTRY(register_ignored)
{
    int error;

    dlpin_ignore_begin();
    error = register_things();
    dlpin_ignore_end();
    return error;
}

ENTRY(register_open)
{
    return register_things();
}
