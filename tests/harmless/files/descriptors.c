// SPDX-License-Identifier: MIT
/*
 * No low descriptor is ours: what is open below 100, and what open, dup, pipe and socket hand out,
 * is as without the shim; a program that we do not follow inherits nothing from us.
 */
#include "../observe.h"
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>

static void say_open(const char *when)
{
    say("%s:", when);
    for (int number = 0; number < 100; number++)
        if (fcntl(number, F_GETFD) >= 0)
            say(" %d", number);
    int ends[2];
    check(pipe(ends) == 0);
    int file = open("/dev/null", O_RDONLY);
    int copy = dup(1);
    int connected = socket(AF_UNIX, SOCK_STREAM, 0);
    say("; handed out: %d %d %d %d %d\n", ends[0], ends[1], file, copy, connected);
    close(ends[0]);
    close(ends[1]);
    close(file);
    close(copy);
    close(connected);
}

int main(void)
{
    say_open("at the start");
    leave_something();
    say_open("after a plug-in");
    void *handle = open_plugin("./quiet.so", RTLD_NOW);
    say_open("with a plug-in");
    dlclose(handle);

    char *arguments[] = {(char *)"sh", (char *)"-c", (char *)"ls /proc/self/fd | tr '\\n' ' '",
                         NULL};
    char *variables[] = {(char *)"PATH=/usr/bin:/bin", NULL};
    int status = 0;
    int pid = 0;
    check(posix_spawn(&pid, "/bin/sh", NULL, NULL, arguments, variables) == 0);
    check(waitpid(pid, &status, 0) == pid);
    say("\ninherited: %s\n", status_text(status));
    if (fork() == 0)
        execve("/bin/sh", arguments, variables);
    check(wait(&status) > 0);
    say("\ninherited: %s\n", status_text(status));
    say_open("at the end");
    return observe_status();
}
