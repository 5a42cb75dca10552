// SPDX-License-Identifier: MIT
/*
 * A handler on an alternate stack ends the process, in each way that there is. Each size of stack
 * that does for it without any library in front of the program must do. Memory that nobody may
 * touch lies directly below the stack.
 *
 * small_stack STEPS [left]: so many steps more than that are given to it; with findings left
 * behind. small_stack way SIZE [left]: one process, which ends that way.
 */
#include "../observe.h"
#include <spawn.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <sys/syscall.h>

enum {
    STEP = 256,
    SMALLEST = 1024,
    LARGEST = 12 << 10,
    ROOM = 1 << 20,
    NO_STACK = 90,
    NO_SIGNAL = 91
};

static const struct way {
    const char *name;
    int status;
} ways[] = {{"_exit", 33}, {"_Exit", 34}, {"exit", 35}, {"quick_exit", 36}, {"execve", 0}};

static const char *way;
static const char *left;

static void leave(int number)
{
    (void)number;
    if (strcmp(way, "_exit") == 0)
        _exit(33);
    if (strcmp(way, "_Exit") == 0)
        _Exit(34);
    if (strcmp(way, "exit") == 0)
        exit(35);
    if (strcmp(way, "quick_exit") == 0)
        quick_exit(36);
    execve("/bin/true", (char *[]){(char *)"true", NULL}, (char *[]){NULL});
}

static int end_on(size_t size)
{
    struct sigaction action = {.sa_handler = leave, .sa_flags = SA_ONSTACK};
    char *room = (char *)mmap(NULL, ROOM, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    stack_t stack = {.ss_sp = room + ROOM / 2, .ss_size = size};
    if (left)
        leave_something();
    if (room == MAP_FAILED || mprotect(stack.ss_sp, ROOM / 4, PROT_READ | PROT_WRITE) != 0 ||
        sigaltstack(&stack, NULL) != 0)
        return NO_STACK;
    sigaction(SIGUSR1, &action, NULL);
    raise(SIGUSR1);
    return NO_SIGNAL;
}

static char *arguments[5];

static void name_child(const struct way *of, size_t size)
{
    static char number[24];
    snprintf(number, sizeof number, "%zu", size);
    arguments[0] = (char *)"/proc/self/exe";
    arguments[1] = (char *)of->name;
    arguments[2] = number;
    arguments[3] = (char *)left;
}

/* By system calls alone: nothing that is in front of this program follows. */
static int end_alone(const struct way *of, size_t size)
{
    static char *lazy[] = {NULL}, *at_once[] = {(char *)"LD_BIND_NOW=1", NULL};
    char **environment = getenv("LD_BIND_NOW") ? at_once : lazy;
    int status = -1;
    name_child(of, size);
    pid_t pid = vfork();
    if (pid == 0) {
        syscall(SYS_execve, arguments[0], arguments, environment);
        syscall(SYS_exit_group, 127);
    }
    waitpid(pid, &status, 0);
    return status;
}

static int end_here(const struct way *of, size_t size)
{
    int status = -1;
    pid_t pid;
    name_child(of, size);
    if (posix_spawn(&pid, arguments[0], NULL, NULL, arguments, environ) == 0)
        waitpid(pid, &status, 0);
    return status;
}

static bool is_as_wanted(int status, const struct way *of)
{
    return WIFEXITED(status) && WEXITSTATUS(status) == of->status;
}

static size_t smallest_alone(const struct way *of)
{
    size_t below = SMALLEST / STEP, enough = LARGEST / STEP;
    while (enough - below > 1) {
        size_t middle = (below + enough) / 2;
        if (is_as_wanted(end_alone(of, middle * STEP), of))
            enough = middle;
        else
            below = middle;
    }
    return enough * STEP;
}

static void try_way(const struct way *of, unsigned spare)
{
    bool all = true;
    size_t smallest = smallest_alone(of);
    check(smallest < LARGEST);
    for (size_t size = smallest + spare * STEP; size <= LARGEST && all; size += STEP) {
        int status = end_here(of, size);
        all = is_as_wanted(status, of);
        if (!all)
            say("FAILED: %s on %zu bytes: %s; alone %zu are enough\n", of->name, size,
                status_text(status), smallest);
    }
    observe_failures += !all;
    say("%s: %s\n", of->name, all ? "as alone" : "not as alone");
}

int main(int argc, char **argv)
{
    bool is_number = argc > 1 && argv[1][0] >= '0' && argv[1][0] <= '9';
    if (argc > 2 && !is_number) {
        way = argv[1];
        left = argv[3];
        return end_on(strtoul(argv[2], NULL, 10));
    }
    left = argc > 2 ? argv[2] : NULL;
    for (unsigned i = 0; i < sizeof ways / sizeof *ways; i++)
        try_way(&ways[i], argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 0);
    return observe_status();
}
