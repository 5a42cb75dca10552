// SPDX-License-Identifier: MIT
/*
 * "Same C++ exceptions": thrown in a plug-in and caught in the host, in the other direction,
 * through both, through threads, rethrown; destructors in between run.
 */
#include "common.h"
#include "../observe.h"
#include <thread>

int Counted::alive;

static void refuse(int code)
{
    Counted local;
    throw Refusal("of the host", code * 10);
}

static void visit(int flags)
{
    void *handle = open_plugin("./thrower.so", RTLD_NOW | flags);
    auto throws = (void (*)(int))symbol(handle, "throw_refusal");
    auto catches = (int (*)(void (*)(int)))symbol(handle, "catch_from");
    auto passes = (int (*)(void (*)(int)))symbol(handle, "pass_through");
    auto threads = (int (*)(int))symbol(handle, "in_thread");
    auto alive = (int (*)())symbol(handle, "alive");
    auto by_itself = (int (*)())symbol(handle, "by_itself");
    try {
        throws(3);
    } catch (const Refusal &refusal) {
        say("caught %d: %s\n", refusal.code, refusal.what());
    }
    say("the plug-in caught %d\n", catches(refuse));
    try {
        passes(refuse);
    } catch (const std::runtime_error &error) {
        say("through the plug-in: %s\n", error.what());
    }
    say("through a thread: %d\n", threads(8));
    std::thread outer([&] { say("in a thread of the host: %d\n", threads(9) + by_itself()); });
    outer.join();
    say("alive: %d and %d\n", alive(), Counted::alive);
    check(alive() == 0 && Counted::alive == 0);
    dlclose(handle);
    say("mapped afterwards: %d\n", is_mapped("thrower.so"));
}

int main()
{
    visit(RTLD_LOCAL);
    visit(RTLD_LAZY);
    visit(RTLD_GLOBAL);
    return observe_status();
}
