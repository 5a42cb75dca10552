// SPDX-License-Identifier: MIT
/*
 * "Same fork/exec behaviour": handlers of pthread_atfork, the program's and a plug-in's, run in
 * their order, those of an unloaded plug-in not at all, and may allocate.
 */
#include "../observe.h"
#include <pthread.h>

/* Which handlers ran, a digit for each: 1 to 3 of the program, 4 to 6 of the plug-in. */
static int order;

static void note(int digit)
{
    free(malloc(50));
    order = order * 10 + digit;
}

static void before(void)
{
    note(1);
}

static void after_in_parent(void)
{
    note(2);
}

static void after_in_child(void)
{
    pthread_key_t key;
    check(pthread_key_create(&key, NULL) == 0);
    note(3);
}

static void try_fork(const char *when)
{
    int status = 0;
    int ends[2];
    int in_child = 0;
    order = 0;
    check(pipe(ends) == 0);
    int pid = fork();
    if (pid == 0)
        _exit(write(ends[1], &order, sizeof order) == sizeof order ? 0 : 1);
    check(waitpid(pid, &status, 0) == pid && status == 0);
    check(read(ends[0], &in_child, sizeof in_child) == sizeof in_child);
    close(ends[0]);
    close(ends[1]);
    say("%s: in the parent %d, in the child %d\n", when, order, in_child);
}

int main(void)
{
    check(pthread_atfork(before, after_in_parent, after_in_child) == 0);
    try_fork("alone");
    void *handle = open_plugin("./forker.so", RTLD_NOW);
    int (*register_fork)(void (*)(int)) = (int (*)(void (*)(int)))symbol(handle, "register_fork");
    check(register_fork(note) == 0);
    try_fork("with a plug-in");
    dlclose(handle);
    say("mapped: %d\n", is_mapped("forker.so"));
    try_fork("without it");
    leave_something();
    try_fork("at the end");
    return observe_status();
}
