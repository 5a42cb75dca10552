// SPDX-License-Identifier: MIT
/*
 * edges WAY PROGRAM PLUGIN: starts PROGRAM PLUGIN, or fails to, in a way that few programs use, and
 * prints how that went.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <spawn.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

enum { PAGE = 65536 }; /* no machine has larger ones */

static char *program, *arguments[3];
static char first[] = "FIRST=1";
static char *some[] = {first, NULL};

/* Arguments that no pointer should have. The compiler must not know. */
static char *volatile bad_text = (char *)8;
static char **volatile bad_array = (char **)8;
static char *volatile no_text = NULL;
static char **volatile no_array = NULL;

static int say(const char *what, int result)
{
    printf("%s: %d %s\n", what, result, result < 0 ? strerror(errno) : strerror(result));
    return 0;
}

static int wait_for(pid_t pid)
{
    int status = 0;
    waitpid(pid, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 100 + WTERMSIG(status);
}

/* Where memory that can be read ends. */
static char *edge(void)
{
    char *memory = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    mprotect(memory + PAGE, PAGE, PROT_NONE);
    return memory + PAGE;
}

static char **array_at_edge(char *last)
{
    char **array = (char **)(void *)edge();
    array[-1] = last;
    array[-2] = first;
    return array - 2;
}

static char *text_at_edge(const char *text, size_t size)
{
    return memcpy(edge() - size, text, size);
}

static int unreadable(void)
{
    char *bad[] = {first, bad_text, NULL}, *endless[] = {text_at_edge("LD_PRELOAD=", 11), NULL};
    char *cut[] = {text_at_edge("LD_PRE", 6), NULL};
    pid_t pid;
    say("array", execve(program, arguments, bad_array));
    say("last array", execve(program, arguments, (char **)(UINTPTR_MAX & ~(uintptr_t)7)));
    say("text", execve(program, arguments, bad));
    say("endless text", execve(program, arguments, endless));
    say("cut text", execve(program, arguments, cut));
    say("endless array", execve(program, arguments, array_at_edge(first)));
    say("path", execve(bad_text, arguments, some));
    say("no path", execve(no_text, arguments, some));
    say("arguments", execve(program, bad_array, some));
    environ = bad_array;
    say("environ", execv(program, arguments));
    say("environ of a shell", system("true") == 127 << 8);
    return say("spawn", posix_spawn(&pid, program, NULL, NULL, arguments, bad_array));
}

static int at_edges(void)
{
    char *texts[] = {text_at_edge("L=b", 4), text_at_edge("LD_PRELOAD=", 12), NULL};
    pid_t pid = -1;
    int error = posix_spawn(&pid, program, NULL, NULL, arguments, array_at_edge(NULL));
    say("array", error ? error : wait_for(pid));
    return execve(program, arguments, texts);
}

static int descriptors(void)
{
    int file = open(program, O_RDONLY | O_CLOEXEC);
    char *bad[] = {bad_text, NULL};
    say("no environment", fexecve(file, arguments, no_array));
    say("no arguments", fexecve(file, no_array, some));
    say("no file", fexecve(-1, arguments, some));
    say("arguments", fexecve(file, bad_array, some));
    say("argument", fexecve(file, bad, some));
    say("no path", execveat(file, no_text, arguments, some, AT_EMPTY_PATH));
    return say("environment", execveat(file, "", arguments, bad_array, AT_EMPTY_PATH));
}

/* The same memory as the parent's, and a stack of 4 KB. */
static int in_child(void *unused)
{
    (void)unused;
    execve(program, arguments, some);
    _exit(97);
}

static int small_stack(void)
{
    char *end = edge();
    mprotect(end - PAGE, PAGE - 4096, PROT_NONE);
    return wait_for(clone(in_child, end, CLONE_VM | CLONE_VFORK | SIGCHLD, NULL));
}

/* Almost as much as the kernel takes, and an action that can be carried out once. */
static int spawn_much(void)
{
    enum { MOST = 100, SIZE = 1 << 16 };
    static char texts[MOST][SIZE], *much[MOST + 1];
    for (unsigned i = 0; i < MOST; i++)
        much[i] = memset(texts[i], 'x', SIZE - 1);
    unsigned last = 0, size = SIZE;
    int error = 0;
    for (much[last] = NULL; last + 1 < MOST; last++) {
        pid_t pid;
        much[last] = texts[last];
        much[last + 1] = NULL;
        if ((error = posix_spawn(&pid, "/bin/true", NULL, NULL, arguments, much)))
            break;
        wait_for(pid);
    }
    for (; error == E2BIG && size > 1; size--) {
        pid_t pid = 0;
        posix_spawn_file_actions_t actions;
        texts[last][size - 1] = '\0';
        posix_spawn_file_actions_init(&actions);
        posix_spawn_file_actions_addopen(&actions, 6, "made", O_CREAT | O_EXCL | O_WRONLY, 0600);
        error = posix_spawn(&pid, "/bin/true", &actions, NULL, arguments, much);
        posix_spawn_file_actions_destroy(&actions);
        unlink("made");
        if (!error)
            wait_for(pid);
        size -= size > 64 ? 32 : 0;
    }
    return say("spawn", error);
}

static atomic_bool is_over;

static void *change(void *unused)
{
    for (unsigned i = 0; !is_over; i = (i + 1) % 2000) {
        char name[16];
        snprintf(name, sizeof name, "V%u", i);
        if (!i)
            clearenv();
        setenv(name, "1", 1);
    }
    return unused;
}

/* Another thread changes the environment meanwhile. */
static int changing(void)
{
    pthread_t thread;
    unsigned failed = 0;
    pthread_create(&thread, NULL, change, NULL);
    for (unsigned i = 0; i < 200; i++) {
        pid_t pid;
        int error = posix_spawn(&pid, "/bin/true", NULL, NULL, arguments, environ);
        failed += error ? error != EFAULT : wait_for(pid) != 0;
    }
    is_over = true;
    pthread_join(thread, NULL);
    return say("failed", (int)failed);
}

static int by_name(void)
{
    return execvp(program, arguments);
}

static int by_name_with(void)
{
    return execvpe(program, arguments, some);
}

static const struct {
    const char *name;
    int (*start)(void);
} ways[] = {
    {"unreadable", unreadable},   {"at-edges", at_edges},         {"descriptors", descriptors},
    {"small-stack", small_stack}, {"spawn-much", spawn_much},     {"changing", changing},
    {"by-name", by_name},         {"by-name-with", by_name_with},
};

int main(int argc, char **argv)
{
    if (argc < 4)
        return 90;
    program = argv[2];
    arguments[0] = argv[2];
    arguments[1] = argv[3];
    setvbuf(stdout, NULL, _IONBF, 0);
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++)
        if (!strcmp(ways[i].name, argv[1]))
            return ways[i].start();
    return 91;
}
