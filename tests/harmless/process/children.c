// SPDX-License-Identifier: MIT
/*
 * "Same fork/exec behaviour": every way to make a process (vfork, posix_spawn, system, popen,
 * _Fork, clone with and without shared memory) gives the same outputs and results.
 */
#include "../observe.h"
#include <sched.h>
#include <spawn.h>
#include <sys/syscall.h>

extern char **environ;
static int shared;
static char stack[65536] __attribute__((aligned(64)));

static void say_wait(const char *what, int pid, int flags)
{
    int status = 0;
    check(waitpid(pid, &status, flags) == pid);
    say("%s: %s\n", what, status_text(status));
}

static int set_shared(void *value)
{
    shared = *(int *)value;
    return 5;
}

static int allocate(void *argument)
{
    (void)argument;
    char *block = malloc(5000);
    say("clone allocates %s\n", block ? "well" : "FAILED");
    free(block);
    return 6;
}

static void use_vfork(void)
{
    int pid = vfork();
    if (pid == 0) {
        execl("/bin/echo", "echo", "after vfork", (char *)NULL);
        _exit(1);
    }
    say_wait("vfork and exec", pid, 0);
    pid = vfork();
    if (pid == 0) {
        execl("/no/such/program", "none", (char *)NULL);
        _exit(errno == ENOENT ? 44 : 45);
    }
    say_wait("vfork and a failing exec", pid, 0);
    pid = vfork();
    if (pid == 0)
        _exit(3);
    say_wait("vfork alone", pid, 0);
}

static void use_spawn(void)
{
    char *arguments[] = {(char *)"sh", (char *)"-c", (char *)"echo spawned; exit 9", NULL};
    int pid = 0;
    check(posix_spawn(&pid, "/bin/sh", NULL, NULL, arguments, environ) == 0);
    say_wait("posix_spawn", pid, 0);
    check(posix_spawnp(&pid, "sh", NULL, NULL, arguments, environ) == 0);
    say_wait("posix_spawnp", pid, 0);
    say("posix_spawn of nothing: %s\n",
        error_name(posix_spawn(&pid, "/no/such/program", NULL, NULL, arguments, environ)));
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addclosefrom_np(&actions, 3);
    check(posix_spawn(&pid, "/bin/sh", &actions, NULL, arguments, environ) == 0);
    say_wait("posix_spawn with closefrom", pid, 0);
    posix_spawn_file_actions_destroy(&actions);
}

static void use_shell(void)
{
    char line[100] = "";
    say("system: %s\n", status_text(system("echo by system; exit 4")));
    FILE *pipe = popen("echo by popen; exit 2", "r");
    check(pipe && fgets(line, sizeof line, pipe));
    say("popen: %s", line);
    say("pclose: %s\n", status_text(pclose(pipe)));
    say("system(NULL): %d\n", system(NULL));
}

static void use_clone(void)
{
    int value = 31;
    int pid = clone(set_shared, stack + sizeof stack, CLONE_VM | CLONE_VFORK | SIGCHLD, &value);
    say_wait("clone with shared memory", pid, 0);
    say("shared is %d\n", shared);
    pid = clone(allocate, stack + sizeof stack, SIGCHLD, NULL);
    say_wait("clone", pid, 0);
    pid = clone(allocate, stack + sizeof stack, 0, NULL);
    say_wait("clone without a signal", pid, __WALL);
    pid = (int)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
    if (pid == 0) {
        leave_something();
        _exit(8);
    }
    say_wait("clone by number", pid, 0);
    pid = _Fork();
    if (pid == 0)
        _exit(10);
    say_wait("_Fork", pid, 0);
}

int main(void)
{
    for (int round = 0; round < 2; round++) {
        use_vfork();
        use_spawn();
        use_shell();
        use_clone();
        leave_something();
    }
    return observe_status();
}
