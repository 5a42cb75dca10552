// SPDX-License-Identifier: MIT
/*
 * A program that handles SIGSEGV itself and then dies or ends, as servers do.
 *
 *   handled WAY HOW WHERE [PLUGIN]
 *
 * WAY: what the handler does at last. HOW: how it is set: "plain", "onstack", "nodefer", "reset".
 * WHERE: "plugin" (a thread ends that has a value for a key whose destructor was in the plug-in),
 * "null", "recover" (the plug-in's function is called, and the handler jumps back), "end" (the
 * same, and then the program ends as WAY says, with the old frame of the signal on its stack), or
 * "gone" (as "plugin", and the handler is one of the plug-in's).
 */
#include <dlfcn.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *way, *plugin;
static sigjmp_buf back;
static int *volatile nowhere;
static bool where_end;

static void reset(int number)
{
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = SIG_DFL;
    sigaction(number, &action, NULL);
}

/* As in a server: it says something first, some frames deep. */
static __attribute__((noinline)) void say(int depth)
{
    char room[500];
    memset(room, depth, sizeof room);
    if (depth > 0)
        say(depth - 1);
    else if (write(STDOUT_FILENO, "crashed\n", 8) != 8)
        _exit(90);
    __asm__ volatile("" : : "r"(room) : "memory");
}

/* A debugger, which the program starts and waits for. */
static void fork_a_reporter(void)
{
    pid_t child = fork();
    if (child == 0)
        _exit(0);
    waitpid(child, NULL, 0);
}

/* As some do it, so that the core dump has the memory of this moment. */
static void fork_to_dump(int number)
{
    pid_t child = fork();
    sigset_t none;
    if (child == 0) {
        reset(number);
        raise(number);
        sigemptyset(&none);
        sigprocmask(SIG_SETMASK, &none, NULL);
        _exit(93);
    }
    waitpid(child, NULL, 0);
}

static void send(const char *name, int number)
{
    if (!strcmp(name, "raise")) {
        reset(number);
        raise(number);
    } else if (!strcmp(name, "kill")) {
        reset(number);
        kill(getpid(), number);
    } else if (!strcmp(name, "signal")) {
        signal(number, SIG_DFL);
        raise(number);
    } else if (!strcmp(name, "raise-ABRT")) {
        raise(SIGABRT);
    } else if (!strcmp(name, "kill-KILL")) {
        kill(getpid(), SIGKILL);
    } else if (!strcmp(name, "kill-TERM")) {
        kill(getpid(), SIGTERM);
    } else if (!strcmp(name, "kill-group")) {
        setpgid(0, 0);
        kill(0, SIGTERM);
    } else if (!strcmp(name, "trap")) {
        __builtin_trap();
    }
}

static void end(const char *name)
{
    if (!strcmp(name, "abort"))
        abort();
    if (!strcmp(name, "exit"))
        exit(61);
    if (!strcmp(name, "_exit"))
        _exit(62);
    if (!strcmp(name, "quick_exit"))
        quick_exit(63);
    if (!strcmp(name, "exec"))
        execl("/bin/sh", "sh", "-c", "exit 64", (char *)NULL);
}

static void on_crash(int number)
{
    const char *last = way;
    say(5);
    if (!strncmp(way, "fork-", 5)) {
        last = way + 5;
        fork_a_reporter();
    } else if (!strncmp(way, "dump-", 5)) {
        last = way + 5;
        fork_to_dump(number);
    }
    if (!strcmp(way, "return"))
        reset(number); /* the instruction is tried again */
    else if (where_end || !strcmp(way, "jump"))
        siglongjmp(back, 1);
    send(last, number);
    end(last);
}

/* The handler wrote the bytes that lie in the room. */
static __attribute__((noinline)) void end_above_old_frame(void)
{
    char room[16 << 10];
    __asm__ volatile("" : : "r"(room) : "memory");
    send(way, SIGSEGV);
    end(way);
    __asm__ volatile("" : : "r"(room) : "memory");
}

static void (*handler)(int number) = on_crash;

static void set_handler(const char *how)
{
    static char stack[64 << 10];
    stack_t alternate = {.ss_sp = stack, .ss_size = sizeof stack};
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = handler;
    if (!strcmp(how, "onstack")) {
        sigaltstack(&alternate, NULL);
        action.sa_flags = SA_ONSTACK;
    } else if (!strcmp(how, "nodefer")) {
        action.sa_flags = SA_NODEFER;
    } else if (!strcmp(how, "reset")) {
        action.sa_flags = (int)SA_RESETHAND;
    }
    sigaction(SIGSEGV, &action, NULL);
}

static void *open_and_close(const char *name, const char *how)
{
    void *handle = dlopen(plugin, RTLD_NOW);
    if (handle && how) {
        handler = (void (*)(int number))dlsym(handle, "on_crash");
        set_handler(how);
    }
    int (*function)(void) = handle ? (int (*)(void))dlsym(handle, name) : NULL;
    if (!function)
        exit(91);
    function();
    dlclose(handle);
    return (void *)function;
}

static void *work(void *how)
{
    set_handler(how); /* an alternate stack is a thread's own */
    open_and_close("leave", NULL);
    return NULL;
}

/* sigaction() returns the program's handler, in whatever module the handler lies. */
static void *work_without_handler(void *how)
{
    struct sigaction action;
    open_and_close("leave", how);
    sigaction(SIGSEGV, NULL, &action);
    printf("%s, flags %x\n", action.sa_handler == handler ? "the plug-in's" : "another one",
           (unsigned)action.sa_flags);
    if (signal(SIGSEGV, handler) != handler)
        puts("signal() says another one");
    sigaction(SIGSEGV, &action, NULL);
    fflush(stdout);
    return NULL;
}

int main(int argc, char **argv)
{
    pthread_t thread;
    if (argc < 5)
        return 92;
    way = argv[1];
    plugin = argv[4];
    set_handler(argv[2]);
    if (!strcmp(argv[3], "plugin")) {
        pthread_create(&thread, NULL, work, argv[2]);
        pthread_join(thread, NULL);
    } else if (!strcmp(argv[3], "gone")) {
        pthread_create(&thread, NULL, work_without_handler, argv[2]);
        pthread_join(thread, NULL);
    } else if (!strcmp(argv[3], "null")) {
        open_and_close("leave", NULL);
        *nowhere = 1;
    } else if (sigsetjmp(back, 1) == 0) {
        where_end = !strcmp(argv[3], "end");
        int (*function)(void) = (int (*)(void))open_and_close("use", NULL);
        function();
    } else if (where_end) {
        end_above_old_frame();
    }
    puts("went on");
    return 7;
}
