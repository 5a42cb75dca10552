// SPDX-License-Identifier: MIT
/*
 * "No deadlock … in … TLS destructors": thread_local objects with destructors that allocate; and
 * what they keep mapped, and until when, is as without the shim.
 */
#include "../observe.h"
#include <semaphore.h>
#include <thread>

static sem_t touched;
static sem_t go_on;

static void say_mapped(const char *when)
{
    say("%s: mapped %d\n", when, is_mapped("thread_locals.so"));
}

static void visit(bool thread_outlives)
{
    void *handle = open_plugin("./thread_locals.so", RTLD_NOW);
    auto touch = (size_t(*)())symbol(handle, "touch");
    std::thread thread([&] {
        say("touched %zu\n", touch());
        sem_post(&touched);
        sem_wait(&go_on);
    });
    sem_wait(&touched);
    if (!thread_outlives) {
        sem_post(&go_on);
        thread.join();
    }
    dlclose(handle);
    say_mapped("after its dlclose");
    if (thread_outlives) {
        sem_post(&go_on);
        thread.join();
    }
    say_mapped("after the thread");
    dlclose(open_plugin("./quiet.so", RTLD_NOW));
    say_mapped("after the next dlclose");
}

int main()
{
    sem_init(&touched, 0, 0);
    sem_init(&go_on, 0, 0);
    visit(false);
    visit(true);
    visit(true);
    visit(false);
    void *handle = open_plugin("./thread_locals.so", RTLD_NOW);
    auto touch = (size_t(*)())symbol(handle, "touch");
    say("main touched %zu\n", touch());
    dlclose(handle);
    say_mapped("with main's own");
    return observe_status();
}
