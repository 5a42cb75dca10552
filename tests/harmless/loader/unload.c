// SPDX-License-Identifier: MIT
/*
 * The same modules are unmapped at the same time as without the shim: counted handles,
 * dependencies, RTLD_NODELETE, RTLD_GLOBAL, opens and closes inside constructors and destructors,
 * order of both.
 */
#include "../observe.h"

static void say_mapped(const char *when)
{
    say("%s: plain %d needing %d giving %d nester %d\n", when, is_mapped("plain.so"),
        is_mapped("needing.so"), is_mapped("giving.so"), is_mapped("nester.so"));
}

static void count_handles(void)
{
    void *handles[3];
    for (int at = 0; at < 3; at++)
        handles[at] = open_plugin("./plain.so", RTLD_NOW);
    check(handles[0] == handles[1] && handles[1] == handles[2]);
    for (int at = 0; at < 3; at++) {
        check(dlclose(handles[at]) == 0);
        say_mapped("after a close");
    }
    check(!is_mapped("plain.so"));
}

static void follow_dependencies(void)
{
    void *needing = open_plugin("./needing.so", RTLD_LAZY);
    void *giving = open_plugin("./giving.so", RTLD_NOW | RTLD_NOLOAD);
    say_mapped("needing is open");
    dlclose(needing);
    say_mapped("needing is closed, its dependency held");
    dlclose(giving);
    say_mapped("both are closed");
    check(!is_mapped("giving.so"));
}

static void nest(void)
{
    void *nester = open_plugin("./nester.so", RTLD_NOW);
    say_mapped("nester is open");
    say("closing gives %d\n", dlclose(nester));
    say_mapped("nester is closed");
}

int main(void)
{
    for (int round = 0; round < 3; round++) {
        count_handles();
        follow_dependencies();
        nest();
    }
    void *plain = open_plugin("./plain.so", RTLD_NOW | RTLD_GLOBAL);
    say("global: %s\n", dlsym(RTLD_DEFAULT, "plain") ? "seen" : dlerror());
    dlclose(plain);
    say("closed: %s\n", dlsym(RTLD_DEFAULT, "plain") ? "seen" : dlerror());
    plain = open_plugin("./plain.so", RTLD_NOW | RTLD_NODELETE);
    dlclose(plain);
    say_mapped("nodelete");
    return observe_status();
}
