// SPDX-License-Identifier: MIT
/*
 * "No deadlock with the loader lock … with threads running": four threads open and close plug-ins
 * that open others in constructors and destructors, while two look symbols up and walk the list.
 */
#include "../observe.h"
#include <pthread.h>

enum { ROUNDS = 60 };

static volatile int stop;

static void *open_and_close(void *path)
{
    for (int round = 0; round < ROUNDS; round++) {
        void *handle = open_plugin(path, RTLD_NOW);
        free(malloc(64));
        check(dlclose(handle) == 0);
    }
    return NULL;
}

static void *look_up(void *argument)
{
    while (!stop) {
        Dl_info info;
        check(dladdr(&observe_failures, &info) != 0);
        check(dlsym(RTLD_DEFAULT, "getpid") != NULL);
        check(is_mapped("libc.so.6"));
        usleep(100);
    }
    return argument;
}

int main(void)
{
    static const char *const paths[4] = {"./quiet.so", "./needing_quiet.so", "./waiter_quiet.so",
                                         "./quiet.so"};
    pthread_t openers[4];
    pthread_t lookers[2];
    for (int at = 0; at < 2; at++)
        check(pthread_create(&lookers[at], NULL, look_up, NULL) == 0);
    for (int at = 0; at < 4; at++)
        check(pthread_create(&openers[at], NULL, open_and_close, (void *)paths[at]) == 0);
    for (int at = 0; at < 4; at++)
        pthread_join(openers[at], NULL);
    stop = 1;
    for (int at = 0; at < 2; at++)
        pthread_join(lookers[at], NULL);
    say("mapped at the end: %d %d\n", is_mapped("quiet.so"), is_mapped("needing_quiet.so"));
    return observe_status();
}
