// SPDX-License-Identifier: MIT
/*
 * "No deadlock … in … TLS destructors", and the same ones as often: destructors that allocate, set
 * values again, make and delete keys, open plug-ins, start threads; in threads that return, exit
 * and are cancelled.
 */
#include "../observe.h"
#include <limits.h>
#include <pthread.h>
#include <threads.h>

static pthread_key_t again;
static pthread_key_t once;
static pthread_key_t busy;
static pthread_key_t late[40];
static tss_t other;
static int counts[5];

static void set_again(void *value)
{
    counts[0]++;
    free(value);
    pthread_setspecific(again, malloc(30));
}

static void run_once(void *value)
{
    counts[1]++;
    check(pthread_getspecific(once) == NULL);
    free(value);
}

static void *end(void *argument)
{
    pthread_setspecific(once, strdup("inner"));
    return argument;
}

static void work(void *value)
{
    pthread_t thread;
    pthread_key_t key;
    counts[2]++;
    value = realloc(value, 3000);
    free(value);
    free(strdup("in a destructor"));
    check(pthread_key_create(&key, NULL) == 0);
    check(pthread_setspecific(key, &counts) == 0);
    check(pthread_key_delete(key) == 0);
    check(dlclose(open_plugin("./quiet.so", RTLD_NOW)) == 0);
    check(pthread_create(&thread, NULL, end, NULL) == 0);
    pthread_join(thread, NULL);
}

static void run_late(void *value)
{
    counts[3]++;
    free(value);
}

static void run_other(void *value)
{
    counts[4]++;
    free(value);
}

static void set_all(void)
{
    check(pthread_setspecific(again, malloc(10)) == 0);
    check(pthread_setspecific(once, malloc(20)) == 0);
    check(pthread_setspecific(busy, malloc(30)) == 0);
    for (int at = 0; at < 40; at++)
        check(pthread_setspecific(late[at], malloc(40)) == 0);
    check(tss_set(other, malloc(50)) == thrd_success);
}

static void *run(void *how)
{
    set_all();
    if (strcmp(how, "exits") == 0)
        pthread_exit(how);
    while (strcmp(how, "is cancelled") == 0)
        pause();
    return how;
}

static int run_c11(void *how)
{
    set_all();
    if (strcmp(how, "exits") == 0)
        thrd_exit(42);
    return 41;
}

static void say_counts(const char *how)
{
    say("%s: set again %d, once %d, busy %d, late %d, C11 %d\n", how, counts[0], counts[1],
        counts[2], counts[3], counts[4]);
    check(counts[0] == PTHREAD_DESTRUCTOR_ITERATIONS);
    check(counts[2] == 1 && counts[3] == 40 && counts[4] == 1);
    memset(counts, 0, sizeof counts);
}

int main(void)
{
    static char ways[3][16] = {"returns", "exits", "is cancelled"};
    check(pthread_key_create(&again, set_again) == 0);
    check(pthread_key_create(&once, run_once) == 0);
    check(pthread_key_create(&busy, work) == 0);
    for (int at = 0; at < 40; at++)
        check(pthread_key_create(&late[at], run_late) == 0);
    check(tss_create(&other, run_other) == thrd_success);
    for (int way = 0; way < 3; way++) {
        pthread_t thread;
        void *result;
        check(pthread_create(&thread, NULL, run, ways[way]) == 0);
        if (way == 2)
            check(pthread_cancel(thread) == 0);
        check(pthread_join(thread, &result) == 0);
        check(result == (way == 2 ? PTHREAD_CANCELED : (void *)ways[way]));
        say_counts(ways[way]);
    }
    for (int way = 0; way < 2; way++) {
        thrd_t thread;
        int result = 0;
        check(thrd_create(&thread, run_c11, ways[way]) == thrd_success);
        check(thrd_join(thread, &result) == thrd_success);
        say("C11 result %d\n", result);
        say_counts(ways[way]);
    }
    check(!is_mapped("quiet.so"));
    return observe_status();
}
