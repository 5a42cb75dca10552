// SPDX-License-Identifier: MIT
/*
 * "Same C++ exceptions, same exit status": one that nobody catches ends the process by
 * std::terminate, in a thread, in the main one, in a plug-in, in a noexcept function and in a
 * destructor.
 */
#include "common.h"
#include "../observe.h"
#include <thread>

int Counted::alive;
static void (*throws)(int);

static void in_noexcept() noexcept
{
    throws(1);
}

struct Thrower {
    ~Thrower() noexcept(false)
    {
        throws(2);
    }
};

static void die(const char *way)
{
    std::string name(way);
    if (name == "thread")
        std::thread([] { throws(3); }).join();
    if (name == "main")
        throws(4);
    if (name == "noexcept")
        in_noexcept();
    if (name == "destructor") {
        Thrower first;
        throw 5;
    }
    if (name == "nothing to rethrow")
        throw;
    if (name == "joinable thread")
        std::thread thread([] {});
    if (name == "handler") {
        std::set_terminate([] { _exit(43); });
        throws(6);
    }
}

int main()
{
    void *handle = open_plugin("./thrower.so", RTLD_NOW);
    throws = (void (*)(int))symbol(handle, "throw_refusal");
    for (const char *way : {"thread", "main", "noexcept", "destructor", "nothing to rethrow",
                            "joinable thread", "handler"}) {
        int status = 0;
        int pid = fork();
        if (pid == 0) {
            die(way);
            _exit(0);
        }
        check(waitpid(pid, &status, 0) == pid);
        say("%s: %s\n", way, status_text(status));
    }
    die("thread");
    return observe_status();
}
