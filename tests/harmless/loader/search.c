// SPDX-License-Identifier: MIT
/*
 * "dlopen("libx.so") must find what the caller's RUNPATH/$ORIGIN … find, also in threads and
 * constructors": two libraries, each with its own libwhich.so beside it, ask for the bare name from
 * every place, and each gets its own.
 */
#include "../observe.h"
#include <pthread.h>

typedef void ask_function(const char *, char *, size_t);

static void *handle;

static void ask(const char *function, const char *name, const char *expected)
{
    char answer[300] = "";
    ask_function *asks = (ask_function *)symbol(handle, function);
    asks(name, answer, sizeof answer);
    say("  %s(%s): %s\n", function, name, answer);
    check(!expected || strcmp(answer, expected) == 0);
}

static void *ask_in_thread(void *expected)
{
    say(" in a thread:\n");
    ask("opener_ask", "libwhich.so", expected);
    ask("opener_ask_by_pointer", "libwhich.so", expected);
    return NULL;
}

static void visit(const char *path, const char *expected)
{
    pthread_t thread;
    char name[8];
    snprintf(name, sizeof name, "%s", expected);
    say("%s\n", path);
    handle = open_plugin(path, RTLD_NOW);

    const char *(*early)(void) = (const char *(*)(void))symbol(handle, "opener_early");
    say("  in the constructor: %s\n", early());
    check(strcmp(early(), expected) == 0);
    ask("opener_ask", "libwhich.so", expected);
    ask("opener_ask", "$ORIGIN/priv/libwhich.so", expected);
    ask("opener_ask", "libnowhere.so", NULL);
    ask("opener_ask_by_pointer", "libwhich.so", expected);

    void *(*tail)(const char *) = (void *(*)(const char *))symbol(handle, "opener_tail");
    void *found = tail("libwhich.so");
    say("  by a tail call: %s\n", found ? "found" : dlerror());
    if (found)
        dlclose(found);

    check(pthread_create(&thread, NULL, ask_in_thread, name) == 0);
    pthread_join(thread, NULL);
    check(dlclose(handle) == 0);
}

int main(void)
{
    for (int round = 0; round < 2; round++) {
        visit("./a/opener.so", "a");
        visit("./b/opener.so", "b");
    }
    return observe_status();
}
