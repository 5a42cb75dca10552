// SPDX-License-Identifier: MIT
/*
 * "Same … dlerror": the texts, what is pending when, that our own work neither clears nor sets it,
 * and that it belongs to one thread.
 */
#include "../observe.h"
#include <pthread.h>

static void say_pending(const char *after)
{
    const char *text = dlerror();
    say("%s: %s (errno %s)\n", after, text ? text : "nothing pending", error_name(errno));
}

static void *do_nothing(void *argument)
{
    say_pending("  at a thread's start");
    dlopen("./absent-in-thread.so", RTLD_NOW);
    say_pending("  in the thread");
    return argument;
}

/* Everything that the shim works at, between an error and dlerror(). */
static void keep_busy(void)
{
    pthread_t thread;
    pthread_key_t key;
    Dl_info info;
    void *block = malloc(33);
    block = realloc(block, 333);
    check(pthread_create(&thread, NULL, do_nothing, NULL) == 0);
    pthread_join(thread, NULL);
    check(pthread_key_create(&key, free) == 0);
    check(pthread_setspecific(key, block) == 0);
    check(dladdr(&observe_failures, &info) != 0);
    check(is_mapped("libc.so.6"));
    pthread_setspecific(key, NULL);
    pthread_key_delete(key);
    free(block);
}

static void fail_in_every_way(void)
{
    char fake[64] = "";
    void *handle = open_plugin("./which-a.so", RTLD_NOW);
    errno = 0;
    dlopen("./absent.so", RTLD_NOW);
    say_pending("a missing file");
    dlopen("libabsent.so", RTLD_LAZY);
    say_pending("a missing name");
    dlopen("./observed.txt", RTLD_NOW);
    say_pending("no ELF file");
    dlopen("./which-a.so", 0);
    say_pending("a bad mode");
    dlopen("./which-b.so", RTLD_NOW | RTLD_NOLOAD);
    say_pending("RTLD_NOLOAD of what is not there");
    dlsym(handle, "absent");
    say_pending("a missing symbol");
    dlsym(RTLD_DEFAULT, "absent");
    say_pending("a missing global symbol");
    dlsym(RTLD_NEXT, "absent");
    say_pending("a missing next symbol");
    dlvsym(handle, "which", "V_9");
    say_pending("a missing version");
    dlinfo(handle, 12345, fake);
    say_pending("a bad request");
    check(dlclose(handle) == 0);
    say_pending("a good close");
}

int main(void)
{
    FILE *file = fopen("observed.txt", "w");
    check(file && fputs("not a library\n", file) > 0 && fclose(file) == 0);
    say_pending("at the start");
    fail_in_every_way();
    say_pending("afterwards");

    dlopen("./absent.so", RTLD_NOW);
    keep_busy();
    say_pending("kept while busy");
    keep_busy();
    say_pending("none while busy");

    dlopen("./absent.so", RTLD_NOW);
    dlclose(open_plugin("./which-a.so", RTLD_NOW));
    say_pending("after an open and a close that went well");
    dlsym(RTLD_DEFAULT, "absent");
    leave_something();
    say_pending("after a plug-in that left something");

    dlopen("./absent.so", RTLD_NOW);
    void *self = dlopen(NULL, RTLD_NOW);
    say_pending("after dlopen(NULL)");
    dlclose(self);

    /* The last ones: glibc 2.36 keeps its lock after these errors. */
    static char fake[8192];
    dlmopen(99, "./which-b.so", RTLD_NOW);
    say_pending("a bad namespace");
    check(dlclose(fake) != 0);
    say_pending("a handle that is none");
    return observe_status();
}
