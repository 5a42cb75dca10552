// SPDX-License-Identifier: MIT
/*
 * "A module opened with RTLD_DEEPBIND keeps that meaning": its own copy of a symbol wins, without
 * the flag the program's does; blocks cross between it and the program in both directions.
 */
#include "../observe.h"

EXPORT(const char *, whose, void)
{
    return "the program's";
}

static void visit(int flags, const char *expected)
{
    void *handle = open_plugin("./deep.so", RTLD_NOW | flags);
    const char *(*deep_whose)(void) = (const char *(*)(void))symbol(handle, "deep_whose");
    char *(*allocate)(const char *) = (char *(*)(const char *))symbol(handle, "deep_allocate");
    void (*release)(void *) = (void (*)(void *))symbol(handle, "deep_free");
    void *(*grow)(void *) = (void *(*)(void *))symbol(handle, "deep_grow");
    int (*make_key)(void) = (int (*)(void))symbol(handle, "deep_key");
    int (*drop_key)(void) = (int (*)(void))symbol(handle, "deep_no_key");
    const char *(*deep_open)(const char *) =
        (const char *(*)(const char *))symbol(handle, "deep_open");

    say("it calls %s\n", deep_whose());
    check(strcmp(deep_whose(), expected) == 0);
    say("it opens %s\n", deep_open("libwhich.so"));

    for (int round = 0; round < 1000; round++) {
        char *block = allocate("a block");
        check(strcmp(block, "a block of the plug-in") == 0);
        block = round % 2 ? realloc(block, 3000) : grow(block);
        check(strcmp(block, "a block of the plug-in") == 0);
        free(block);
        release(strdup("a block of the program"));
        release(grow(malloc(10)));
    }
    check(make_key() == 0);
    check(drop_key() == 0);
    char *kept = allocate("kept");
    check(dlclose(handle) == 0);
    say("%s, mapped afterwards: %d\n", kept, is_mapped("deep.so"));
    free(kept);
}

int main(void)
{
    for (int round = 0; round < 3; round++) {
        visit(RTLD_DEEPBIND | RTLD_LOCAL, "the plug-in's");
        visit(RTLD_LOCAL, "the program's");
        visit(RTLD_DEEPBIND | RTLD_GLOBAL, "the plug-in's");
    }
    return observe_status();
}
