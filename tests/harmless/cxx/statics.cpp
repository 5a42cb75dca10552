// SPDX-License-Identifier: MIT
/* Static and function-local objects of the program and of a plug-in: made and destroyed in the same
 * order. */
#include "../observe.h"
#include <string>
#include <thread>

struct Named {
    std::string name;
    explicit Named(const char *text) : name(std::string(text) + ", an object with a long name")
    {
        say("made %s\n", name.c_str());
    }
    ~Named()
    {
        say("gone %s\n", name.c_str());
    }
};

static Named global("global");

static void use_local()
{
    static Named local("local");
    static thread_local Named own("thread's own");
}

int main()
{
    std::thread(use_local).join();
    use_local();
    void *handle = open_plugin("./thread_locals.so", RTLD_NOW);
    auto touch = (size_t(*)())symbol(handle, "touch");
    std::thread([&] { touch(); }).join();
    dlclose(handle);
    touch = nullptr;
    return observe_status();
}
