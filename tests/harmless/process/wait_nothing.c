// SPDX-License-Identifier: MIT
/*
 * "Same fork/exec behaviour": wait and SIGCHLD see nothing of ours, whatever is unloaded: no child
 * is there to wait for, none ends, also where SIGCHLD is ignored, and kill(0) counts once.
 */
#include "../observe.h"
#include <sys/resource.h>

static volatile sig_atomic_t children;
static volatile sig_atomic_t signals;

static void count_child(int number)
{
    (void)number;
    children++;
}

static void count_signal(int number)
{
    (void)number;
    signals++;
}

static void say_children(const char *when)
{
    struct rusage usage;
    siginfo_t info;
    int status = 0;
    errno = 0;
    int pid = waitpid(-1, &status, WNOHANG);
    say("%s: waitpid %d %s, ", when, pid, error_name(errno));
    errno = 0;
    pid = wait3(&status, WNOHANG, &usage);
    say("wait3 %d %s, ", pid, error_name(errno));
    errno = 0;
    pid = waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT);
    say("waitid %d %s, ", pid, error_name(errno));
    errno = 0;
    pid = waitpid(0, &status, WNOHANG | WUNTRACED | WCONTINUED);
    say("group %d %s, SIGCHLD %d\n", pid, error_name(errno), (int)children);
}

int main(void)
{
    struct sigaction action = {.sa_handler = count_child};
    say_children("at the start");
    check(sigaction(SIGCHLD, &action, NULL) == 0);
    leave_something();
    say_children("with a handler");

    int pid = fork();
    if (pid == 0)
        _exit(7);
    int status = 0;
    leave_something();
    while (waitpid(-1, &status, 0) < 0 && errno == EINTR)
        ;
    say("own child: %s\n", status_text(status));
    say_children("after an own child");
    check(children == 1);

    signal(SIGCHLD, SIG_IGN);
    leave_something();
    say_children("ignored");
    signal(SIGUSR1, count_signal);
    leave_something();
    check(kill(0, SIGUSR1) == 0);
    leave_something();
    say("kill(0) counted %d\n", (int)signals);
    await_children();
    say_children("at the end");
    return observe_status();
}
