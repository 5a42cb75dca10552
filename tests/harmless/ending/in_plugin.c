// SPDX-License-Identifier: MIT
/*
 * "Same exit status", "no deadlock with the loader lock … in constructors, destructors": the
 * process ends, or forks, inside a plug-in's constructor or destructor, inside dlopen and dlclose.
 */
#include "../observe.h"

static void at_exit(void)
{
    say("  exit handler\n");
}

int main(void)
{
    static const char *const places[] = {"constructor", "destructor"};
    static const char *const ways[] = {"exit", "_exit", "quick_exit", "abort", "exec", "fork"};
    for (int at = 0; at < 12; at++) {
        char wanted[40];
        int status = 0;
        snprintf(wanted, sizeof wanted, "%s %s", places[at / 6], ways[at % 6]);
        int pid = fork();
        if (pid == 0) {
            setenv("ENDER", wanted, 1);
            atexit(at_exit);
            leave_something();
            dlclose(open_plugin("./ender.so", RTLD_NOW));
            exit(50);
        }
        check(waitpid(pid, &status, 0) == pid);
        say("%s: %s\n", wanted, status_text(status));
    }
    return observe_status();
}
