// SPDX-License-Identifier: MIT
/*
 * "same search paths": RTLD_NEXT and RTLD_DEFAULT are relative to whoever calls dlsym. Three linked
 * libraries and two local plug-ins define one name; each asks for the next one and for its own.
 */
#include "../observe.h"

const char *next_of_1(void);
const char *next_of_2(void);
const char *next_of_3(void);
const char *default_of_1(void);
const char *default_of_3(void);
void *tail_of_1(void);

static void say_of(void *handle, const char *name)
{
    const char *(*function)(void) = (const char *(*)(void))symbol(handle, name);
    say("%s: %s\n", name, function());
}

int main(void)
{
    say("next of 1: %s\nnext of 2: %s\nnext of 3: %s\n", next_of_1(), next_of_2(), next_of_3());
    say("default of 1: %s, of 3: %s\n", default_of_1(), default_of_3());
    check(strcmp(next_of_1(), "two") == 0);
    check(strcmp(next_of_2(), "three") == 0);
    check(strcmp(default_of_3(), "one") == 0);
    say("tail of 1 is in %s\n", where(tail_of_1()));

    void *fourth = open_plugin("./chain4.so", RTLD_NOW | RTLD_LOCAL);
    void *fifth = open_plugin("./chain5.so", RTLD_NOW | RTLD_LOCAL);
    say_of(fourth, "next_of_4");
    say_of(fourth, "default_of_4");
    say_of(fourth, "own_of_4");
    say_of(fifth, "own_of_5");
    say("own_name from the program: %s\n", dlsym(RTLD_DEFAULT, "own_name") ? "seen" : dlerror());

    void *next = dlsym(RTLD_NEXT, "tag");
    say("next of the program is in %s\n", where(next));
    say("dlopen and malloc after the program: %s %s\n", dlsym(RTLD_NEXT, "dlopen") ? "yes" : "no",
        dlsym(RTLD_NEXT, "malloc") ? "yes" : "no");
    dlclose(fourth);
    dlclose(fifth);
    return observe_status();
}
