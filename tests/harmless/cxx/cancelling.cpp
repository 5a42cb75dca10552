// SPDX-License-Identifier: MIT
/*
 * "Same C++ exceptions": cancellation and pthread_exit unwind C++ frames, in the host and in a
 * plug-in, and run their destructors.
 */
#include "common.h"
#include "../observe.h"
#include <cxxabi.h>
#include <pthread.h>

int Counted::alive;
static int (*passes)(void (*)(int));
static int mode;

static void wait_or_exit(int)
{
    Counted local;
    if (mode == 0)
        pthread_exit(nullptr);
    for (;;)
        pause();
}

static void *run(void *argument)
{
    Counted local;
    try {
        passes(wait_or_exit);
    } catch (abi::__forced_unwind &) {
        say("  forced unwind\n");
        throw;
    } catch (...) {
        say("  FAILED: something else\n");
    }
    return argument;
}

int main()
{
    void *handle = open_plugin("./thrower.so", RTLD_NOW);
    passes = (int (*)(void (*)(int)))symbol(handle, "pass_through");
    auto alive = (int (*)())symbol(handle, "alive");
    for (mode = 0; mode < 2; mode++) {
        pthread_t thread;
        void *result = nullptr;
        check(pthread_create(&thread, nullptr, run, &mode) == 0);
        if (mode == 1)
            check(pthread_cancel(thread) == 0);
        check(pthread_join(thread, &result) == 0);
        say("%s, alive %d and %d\n", result == PTHREAD_CANCELED ? "cancelled" : "exited", alive(),
            Counted::alive);
        check(Counted::alive == 0 && alive() == 0);
    }
    dlclose(handle);
    return observe_status();
}
