// SPDX-License-Identifier: MIT
/* "C and C++ hosts", "same C++ exceptions": a plug-in in C++ that throws and catches, in a host in
 * C. */
#include "../observe.h"
#include <pthread.h>

static void *run(void *function)
{
    int (*by_itself)(void) = (int (*)(void))function;
    say("in a thread: %d\n", by_itself());
    return NULL;
}

int main(void)
{
    for (int round = 0; round < 3; round++) {
        pthread_t thread;
        void *handle = open_plugin("./thrower.so", RTLD_NOW | RTLD_LOCAL);
        int (*by_itself)(void) = (int (*)(void))symbol(handle, "by_itself");
        int (*in_thread)(int) = (int (*)(int))symbol(handle, "in_thread");
        say("by itself: %d, in its thread: %d\n", by_itself(), in_thread(11));
        check(pthread_create(&thread, NULL, run, (void *)by_itself) == 0);
        pthread_join(thread, NULL);
        dlclose(handle);
        say("mapped afterwards: %d, libstdc++ %d\n", is_mapped("thrower.so"),
            is_mapped("libstdc++.so.6"));
    }
    return observe_status();
}
