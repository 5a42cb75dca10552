// SPDX-License-Identifier: MIT
/*
 * "Same exit status", same output and order of handlers for every way to end: return, exit, _exit,
 * _Exit, quick_exit, exit from handlers and threads, with a plug-in open or left behind. Buffered
 * output is written, or not, as without the shim. At the end the report is complete (contract, 7).
 */
#include "../observe.h"
#include <pthread.h>

static const char *way;
static int depth;

static void first(void)
{
    say("atexit, registered first\n");
}

static void second(void)
{
    say("atexit, registered second\n");
    free(malloc(100));
    if (strcmp(way, "exit-in-atexit") == 0 && depth++ == 0)
        exit(21);
    if (strstr(way, "leave-in-atexit"))
        leave_something();
    if (strstr(way, "fork-in-atexit") && fork() == 0)
        _exit(0);
}

static void third(int status, void *argument)
{
    say("on_exit: %d %s\n", status, (const char *)argument);
    if (strcmp(way, "exit-in-on_exit") == 0 && depth++ == 0)
        exit(22);
    if (strcmp(way, "_exit-in-on_exit") == 0)
        _exit(23);
}

static void quickly(void)
{
    say("at_quick_exit\n");
    if (strcmp(way, "_exit-in-quick_exit") == 0)
        _exit(24);
}

__attribute__((destructor)) static void stop(void)
{
    say("destructor of the program\n");
}

static void *exit_in_thread(void *argument)
{
    exit(argument ? 25 : 26);
}

static void register_all(void)
{
    atexit(first);
    on_exit(third, (void *)"argument");
    atexit(second);
    at_quick_exit(quickly);
    void *handle = open_plugin("./handlers.so", RTLD_NOW);
    void (*of_plugin)(void) = (void (*)(void))symbol(handle, "register_handlers");
    of_plugin();
    if (strstr(way, "closed"))
        dlclose(handle);
    leave_something();
    printf("buffered, not written yet;");
}

int main(int argc, char **argv)
{
    pthread_t thread;
    way = argc > 1 ? argv[1] : "return";
    observe_thread_ends = strcmp(way, "pthread_exit") == 0;
    register_all();
    if (strstr(way, "_exit-in-quick_exit") || strcmp(way, "quick_exit") == 0)
        quick_exit(31);
    if (strcmp(way, "_exit") == 0)
        _exit(32);
    if (strcmp(way, "_Exit") == 0)
        _Exit(33);
    if (strcmp(way, "abort") == 0)
        abort();
    if (strcmp(way, "exec") == 0)
        execl("/bin/sh", "sh", "-c", "exit 34", (char *)NULL);
    if (strcmp(way, "kill") == 0)
        raise(SIGKILL);
    if (strcmp(way, "terminate") == 0)
        raise(SIGTERM);
    if (strcmp(way, "exit-in-thread") == 0) {
        pthread_create(&thread, NULL, exit_in_thread, (void *)way);
        pthread_join(thread, NULL);
    }
    if (strcmp(way, "pthread_exit") == 0)
        pthread_exit(&thread);
    if (strstr(way, "exit"))
        exit(36);
    return observe_failures ? 99 : 37;
}
