// SPDX-License-Identifier: MIT
/*
 * "Same exit status" where a process dies in what a plug-in was: called from the main thread, from
 * others, on small and alternate stacks, in handlers, at exit, in two threads at once, in a vfork
 * child. And what the program sees of signals meanwhile is its own.
 */
#include "../observe.h"
#include <pthread.h>
#include <sys/resource.h>

/* Programs still call siginterrupt and sigset. */
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"

static void (*gone)(int);

static void load_and_unload(void)
{
    void *handle = open_plugin("./leftover.so", RTLD_NOW);
    gone = (void (*)(int))symbol(handle, "leave");
    gone(0);
    check(dlclose(handle) == 0);
}

static void call(void)
{
    gone(0);
}

static void read_there(void)
{
    say("%d\n", *(volatile char *)(uintptr_t)gone);
}

static void *call_in_thread(void *argument)
{
    (void)argument;
    gone(0);
    return NULL;
}

static void in_thread(void)
{
    pthread_t thread;
    pthread_create(&thread, NULL, call_in_thread, NULL);
    pthread_join(thread, NULL);
}

static void on_small_stack(void)
{
    pthread_t thread;
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, 16384);
    pthread_create(&thread, &attributes, call_in_thread, NULL);
    pthread_join(thread, NULL);
}

static void in_two_threads(void)
{
    pthread_t threads[2];
    for (int i = 0; i < 2; i++)
        pthread_create(&threads[i], NULL, call_in_thread, NULL);
    pthread_join(threads[0], NULL);
}

static void handler(int number)
{
    (void)number;
    gone(0);
}

static void in_handler(void)
{
    signal(SIGUSR1, handler);
    raise(SIGUSR1);
}

static void on_alternate_stack(void)
{
    static char area[65536];
    stack_t stack = {.ss_sp = area, .ss_size = sizeof area};
    struct sigaction action = {.sa_handler = handler, .sa_flags = SA_ONSTACK};
    sigaltstack(&stack, NULL);
    sigaction(SIGUSR1, &action, NULL);
    raise(SIGUSR1);
}

static void blocked(void)
{
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, NULL);
    gone(0);
}

static void ignored(void)
{
    signal(SIGSEGV, SIG_IGN);
    gone(0);
}

static void own_ends(int number)
{
    _exit(number + 30);
}

static void own(void)
{
    signal(SIGSEGV, own_ends);
    gone(0);
}

static void own_gives_up(int number)
{
    signal(number, SIG_DFL);
}

static void own_once(void)
{
    signal(SIGSEGV, own_gives_up);
    gone(0);
}

static void own_raises(int number)
{
    signal(number, SIG_DFL);
    raise(number);
}

static void own_again(void)
{
    signal(SIGSEGV, own_raises);
    gone(0);
}

static void reset_by_kernel(void)
{
    struct sigaction action = {.sa_handler = own_gives_up, .sa_flags = (int)SA_RESETHAND};
    sigaction(SIGSEGV, &action, NULL);
    gone(0);
}

static void at_exit(void)
{
    atexit(call);
    exit(3);
}

static void sent(void)
{
    kill(getpid(), SIGSEGV);
    pause();
}

static void queued(void)
{
    sigqueue(getpid(), SIGILL, (union sigval){.sival_int = 3});
    pause();
}

static void sent_while_blocked(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGSEGV);
    sigprocmask(SIG_BLOCK, &set, NULL);
    raise(SIGSEGV);
    say("still there\n");
    sigprocmask(SIG_UNBLOCK, &set, NULL);
    say("and still\n");
}

static void illegal(void)
{
    __builtin_trap();
}

static void nowhere(void)
{
    gone = NULL;
    gone(0);
}

static void far_away(void)
{
    gone = (void (*)(int))(uintptr_t)0xdeadbeefdeadbeefU;
    gone(0);
}

static void in_child(void)
{
    int status = 0;
    pid_t pid = vfork();
    if (pid == 0)
        gone(0);
    waitpid(pid, &status, 0);
    say("the child: %s\n", status_text(status));
    pid = fork();
    if (pid == 0)
        gone(0);
    waitpid(pid, &status, 0);
    say("the forked child: %s\n", status_text(status));
}

static const struct {
    const char *name;
    void (*way)(void);
} ways[] = {
    {"called", call},
    {"read", read_there},
    {"in a thread", in_thread},
    {"on a small stack", on_small_stack},
    {"in two threads", in_two_threads},
    {"in a handler", in_handler},
    {"on an alternate stack", on_alternate_stack},
    {"blocked", blocked},
    {"ignored", ignored},
    {"own handler", own},
    {"own handler that gives up", own_once},
    {"own handler that raises", own_again},
    {"own handler for once", reset_by_kernel},
    {"at exit", at_exit},
    {"sent", sent},
    {"queued", queued},
    {"sent while blocked", sent_while_blocked},
    {"an illegal instruction", illegal},
    {"nowhere", nowhere},
    {"far away", far_away},
    {"in a child", in_child},
};

static void die(unsigned way)
{
    siginfo_t info = {0};
    int status = 0;
    pid_t pid = fork();
    if (pid == 0) {
        load_and_unload();
        ways[way].way();
        _exit(77);
    }
    check(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT) == 0);
    check(waitpid(pid, &status, 0) == pid);
    say("%s: %s, code %d\n", ways[way].name, status_text(status), info.si_code);
}

static void kill_from_outside(int number)
{
    int status = 0, ready[2];
    char byte;
    check(pipe(ready) == 0);
    pid_t pid = fork();
    if (pid == 0) {
        load_and_unload();
        check(write(ready[1], "x", 1) == 1);
        for (;;)
            pause();
    }
    check(read(ready[0], &byte, 1) == 1);
    kill(pid, number);
    check(waitpid(pid, &status, 0) == pid);
    say("killed by %d: %s\n", number, status_text(status));
}

static void say_view(void)
{
    static const int numbers[] = {SIGSEGV, SIGBUS, SIGILL};
    stack_t stack;
    check(sigaltstack(NULL, &stack) == 0);
    say("alternate stack: flags %d, %zu bytes\n", stack.ss_flags, stack.ss_size);
    for (int i = 0; i < 3; i++) {
        struct sigaction action;
        int masked = 0;
        check(sigaction(numbers[i], NULL, &action) == 0);
        for (int other = 1; other < 65; other++)
            masked += sigismember(&action.sa_mask, other) == 1;
        say("%d: %s, flags %#x, %d masked\n", numbers[i],
            action.sa_handler == SIG_DFL ? "default" : "something", (unsigned)action.sa_flags,
            masked);
    }
}

/* Flags and mask of a default are kept, too. */
static void set_defaults(void)
{
    struct sigaction action = {.sa_handler = SIG_DFL, .sa_flags = SA_RESTART | SA_NODEFER}, old;
    sigaddset(&action.sa_mask, SIGUSR2);
    check(sigaction(SIGSEGV, &action, &old) == 0);
    check(old.sa_handler == SIG_DFL);
    say_view();
    check(signal(SIGBUS, SIG_DFL) == SIG_DFL);
    check(siginterrupt(SIGSEGV, 1) == 0);
    check(sigset(SIGILL, SIG_DFL) == SIG_DFL);
    check(sigset(SIGILL, SIG_HOLD) == SIG_DFL);
    check(sigset(SIGILL, SIG_DFL) == SIG_HOLD);
    say_view();
}

int main(void)
{
    struct rlimit none = {0, 0};
    setrlimit(RLIMIT_CORE, &none);
    say_view();
    for (unsigned i = 0; i < sizeof ways / sizeof *ways; i++)
        die(i);
    kill_from_outside(SIGSEGV);
    kill_from_outside(SIGBUS);
    kill_from_outside(SIGILL);
    load_and_unload();
    say_view();
    set_defaults();
    load_and_unload();
    say_view();
    return observe_status();
}
