// SPDX-License-Identifier: MIT
/*
 * A program that handles SIGSEGV itself and then dies or ends, as servers do.
 *
 *   handled WAY HOW WHERE [PLUGIN]
 *
 * WAY: what the handler does at last. "PLACE:WAY": it wakes another thread, which does that, and
 * waits in PLACE itself ("pause", "read", "sem", "sleep"; "poll", "spin": it never stands still).
 * HOW: how it is set: "plain", "onstack", "nodefer", "reset", "raw" (by the system call), "chained"
 * (the same, and it calls the handler that was there), or "signal", "bsd_signal", "sysv_signal",
 * "sigset" (by that function); "info" (it keeps what it was told), "skip" (it lets the thread go on
 * behind the call).
 * WHERE: "plugin" (a thread ends that has a value for a key whose destructor was in the plug-in),
 * "small" (the same on a small stack), "null", "called" (the plug-in's function is called),
 * "recover" (the plug-in's function is called, and the handler jumps back), "end" (the same, and
 * then the program ends as WAY says, with the old frame of the signal on its stack), "wait" (the
 * same in a thread that waits there meanwhile), "parked" (as "plugin", and the program goes on
 * without the thread), or "gone" (as "plugin", and the handler is one of the plug-in's).
 */
#undef NDEBUG
#include <assert.h>
#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <semaphore.h>
#include <setjmp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *way, *plugin;
static sigjmp_buf back;
static int *volatile nowhere;
static volatile int zero;
static bool where_end;
static int wake[2], parked[2];
static sem_t never;

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

static void start_a_reporter(void)
{
    pid_t child = fork();
    if (child == 0)
        execl("/bin/true", "true", (char *)NULL);
    waitpid(child, NULL, 0);
    if (system("true") != 0)
        _exit(95);
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

static void come_back(int number)
{
    (void)number;
    siglongjmp(back, 1);
}

static void do_nothing(int number)
{
    (void)number;
}

static void die_second(int number)
{
    (void)number;
    _exit(66);
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
    } else if (!strcmp(name, "raise-handled")) {
        signal(SIGABRT, do_nothing);
        raise(SIGABRT);
        _exit(67);
    } else if (!strcmp(name, "kill-KILL")) {
        kill(getpid(), SIGKILL);
    } else if (!strcmp(name, "kill-TERM")) {
        kill(getpid(), SIGTERM);
    } else if (!strcmp(name, "kill-group")) {
        setpgid(0, 0);
        kill(0, SIGTERM);
    } else if (!strcmp(name, "kill-this-group")) {
        setpgid(0, 0);
        kill(-getpgrp(), SIGTERM);
    } else if (!strcmp(name, "killpg")) {
        setpgid(0, 0);
        killpg(getpgrp(), SIGTERM);
    } else if (!strcmp(name, "sigqueue")) {
        sigqueue(getpid(), SIGTERM, (union sigval){0});
    } else if (!strcmp(name, "pthread_kill")) {
        pthread_kill(pthread_self(), SIGABRT);
    } else if (!strcmp(name, "pthread_sigqueue")) {
        pthread_sigqueue(pthread_self(), SIGTERM, (union sigval){0});
    } else if (!strcmp(name, "tgkill")) {
        tgkill(getpid(), gettid(), SIGTERM);
    } else if (!strcmp(name, "raw-tgkill")) {
        syscall(SYS_tgkill, getpid(), gettid(), SIGTERM);
    } else if (!strcmp(name, "raw-kill")) {
        syscall(SYS_kill, getpid(), SIGTERM);
    } else if (!strcmp(name, "trap")) {
        __builtin_trap();
    } else if (!strcmp(name, "int3")) {
        __asm__ volatile("int3");
    } else if (!strcmp(name, "divide")) {
        zero = number / zero;
    }
}

/* The C library finds out by itself that something is wrong. */
static void fail(const char *name)
{
    volatile size_t length = 8;
    static char few[4];
    if (!strcmp(name, "assert"))
        assert(zero == 1);
    if (!strcmp(name, "fortify"))
        __builtin___memcpy_chk(few, way, length, sizeof few);
    if (!strcmp(name, "free"))
        ((void (*)(void *))dlsym(RTLD_DEFAULT, "free"))(few + 1);
}

static void end(const char *name)
{
    fail(name);
    if (!strcmp(name, "abort-handled"))
        signal(SIGABRT, do_nothing);
    if (!strcmp(name, "abort") || !strcmp(name, "abort-handled"))
        abort();
    if (!strcmp(name, "exit"))
        exit(61);
    if (!strcmp(name, "_exit"))
        _exit(62);
    if (!strcmp(name, "quick_exit"))
        quick_exit(63);
    if (!strcmp(name, "exec"))
        execl("/bin/sh", "sh", "-c", "exit 64", (char *)NULL);
    if (!strcmp(name, "raw-exit"))
        syscall(SYS_exit_group, 65);
}

/* Another thread is to end the process. */
static void wake_and_wait(const char *place)
{
    char byte = 0;
    if (!strncmp(place, "sigwait:", 8))
        kill(getpid(), SIGUSR1);
    if (write(wake[1], &byte, 1) != 1)
        _exit(94);
    if (!strncmp(place, "read:", 5))
        while (read(parked[0], &byte, 1) != 1)
            ;
    while (!strncmp(place, "sem:", 4))
        sem_wait(&never);
    while (!strncmp(place, "sleep:", 6))
        usleep(100000);
    while (!strncmp(place, "poll:", 5))
        usleep(10);
    while (!strncmp(place, "spin:", 5))
        __asm__ volatile("" : : : "memory");
    for (;;)
        pause();
}

static void *work_of_another(void *unused)
{
    char byte;
    sigset_t set;
    int number;
    const char *last = strchr(way, ':') + 1;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    if (!strncmp(way, "sigwait:", 8))
        sigwait(&set, &number);
    while (read(wake[0], &byte, 1) != 1)
        ;
    send(last, SIGSEGV);
    end(last);
    return unused;
}

static void start_another(void)
{
    pthread_t thread;
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    if (strchr(way, ':'))
        pthread_create(&thread, NULL, work_of_another, NULL);
}

static void jump(void)
{
    if (!strcmp(way, "jump-TERM")) {
        sigset_t all;
        sigfillset(&all);
        pthread_sigmask(SIG_BLOCK, &all, NULL);
        raise(SIGTERM); /* it is taken back before it arrives */
        signal(SIGTERM, SIG_IGN);
    } else if (!strcmp(way, "jump-USR1")) {
        kill(getpid(), SIGUSR1); /* each thread blocks it */
    } else if (!strcmp(way, "jump-ABRT")) {
        signal(SIGABRT, come_back);
        raise(SIGABRT);
    }
    siglongjmp(back, 1);
}

static void on_crash(int number)
{
    const char *last = way;
    char byte = 0;
    say(5);
    if (!strcmp(way, "park")) {
        if (write(wake[1], &byte, 1) == 1)
            for (;;)
                pause();
    } else if (strchr(way, ':') && !where_end) {
        wake_and_wait(way);
    } else if (!strncmp(way, "fork-", 5)) {
        last = way + 5;
        fork_a_reporter();
    } else if (!strncmp(way, "exec-", 5)) {
        last = way + 5;
        start_a_reporter();
    } else if (!strncmp(way, "dump-", 5)) {
        last = way + 5;
        fork_to_dump(number);
    }
    if (!strcmp(way, "return")) {
        reset(number); /* the instruction is tried again */
        return;
    }
    if (!strcmp(way, "replace")) {
        signal(number, die_second);
        return;
    }
    if (where_end || !strncmp(way, "jump", 4))
        jump();
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

static __attribute__((noinline)) void wait_above_old_frame(void)
{
    char room[16 << 10];
    __asm__ volatile("" : : "r"(room) : "memory");
    wake_and_wait(way);
    __asm__ volatile("" : : "r"(room) : "memory");
}

static void (*handler)(int number) = on_crash;

#if defined(__x86_64__)

/* As the crash reports of some runtimes do it. */
static struct {
    int signal;
    greg_t pc;
    const void *info, *context;
} kept;

static void keep(int number, siginfo_t *info, void *context)
{
    static siginfo_t kept_info;
    static ucontext_t *kept_context;
    const ucontext_t *crashed = context;
    kept.signal = number;
    kept.pc = crashed->uc_mcontext.gregs[REG_RIP];
    kept.info = info;
    kept.context = context;
    kept_info = *info;
    kept_context = malloc(sizeof *kept_context);
    if (kept_context)
        *kept_context = *crashed;
    __asm__ volatile("" : : "r"(&kept), "r"(&kept_info), "r"(&kept_context) : "memory");
    on_crash(number);
}

/* As runtimes do it that let the hardware test for null. */
static void skip(int number, siginfo_t *info, void *context)
{
    ucontext_t *crashed = context;
    greg_t *registers = crashed->uc_mcontext.gregs;
    (void)number;
    (void)info;
    registers[REG_RIP] = *(greg_t *)registers[REG_RSP];
    registers[REG_RSP] += (greg_t)sizeof(greg_t);
}

#else

static void keep(int number, siginfo_t *info, void *context)
{
    on_crash(number);
}

static void skip(int number, siginfo_t *info, void *context)
{
    on_crash(number);
}

#endif

/* As the kernel has it. */
struct raw_action {
    void (*handler)(int number);
    unsigned long flags;
    void (*restorer)(void);
    unsigned long mask;
};

static struct raw_action chained;

/* As runtimes do it that let the handler of before decide. */
static void chain(int number, siginfo_t *info, void *context)
{
    void (*before)(int number, siginfo_t *info, void *context) = NULL;
    say(5);
    memcpy(&before, &chained.handler, sizeof before);
    if (!before) {
        reset(number);
        raise(number);
    } else if (chained.flags & SA_SIGINFO) {
        before(number, info, context);
    } else {
        chained.handler(number);
    }
}

static void set_by_system_call(bool chains)
{
    struct sigaction action, set_by_libc;
    struct raw_action raw;
    memset(&action, 0, sizeof action);
    if (chains)
        action.sa_sigaction = chain;
    else
        action.sa_handler = handler;
    action.sa_flags = chains ? SA_SIGINFO : 0;
    /* The C library knows the code that returns from a signal. */
    sigaction(SIGUSR2, &action, &set_by_libc);
    syscall(SYS_rt_sigaction, SIGUSR2, NULL, &raw, sizeof raw.mask);
    syscall(SYS_rt_sigaction, SIGSEGV, &raw, &chained, sizeof raw.mask);
    sigaction(SIGUSR2, &set_by_libc, NULL);
}

static bool set_by_name(const char *how)
{
    const struct {
        const char *name;
        void (*(*set)(int number, void (*handler)(int number)))(int number);
    } setters[] = {
        {"signal", signal},
        {"bsd_signal", (void (*(*)(int, void (*)(int)))(int))dlsym(RTLD_DEFAULT, "bsd_signal")},
        {"sysv_signal", sysv_signal},
        {"sigset", (void (*(*)(int, void (*)(int)))(int))dlsym(RTLD_DEFAULT, "sigset")}};
    for (size_t i = 0; i < sizeof setters / sizeof *setters; i++) {
        if (strcmp(how, setters[i].name) != 0)
            continue;
        setters[i].set(SIGSEGV, handler);
        return true;
    }
    return false;
}

static void set_handler(const char *how)
{
    static char stack[64 << 10];
    stack_t alternate = {.ss_sp = stack, .ss_size = sizeof stack};
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = handler;
    if (!strcmp(how, "raw") || set_by_name(how)) {
        if (!strcmp(how, "raw"))
            set_by_system_call(false);
        return;
    }
    if (!strcmp(how, "onstack")) {
        sigaltstack(&alternate, NULL);
        action.sa_flags = SA_ONSTACK;
    } else if (!strcmp(how, "nodefer")) {
        action.sa_flags = SA_NODEFER;
    } else if (!strcmp(how, "reset")) {
        action.sa_flags = (int)SA_RESETHAND;
    } else if (!strcmp(how, "info")) {
        action.sa_flags = SA_SIGINFO;
        action.sa_sigaction = keep;
    } else if (!strcmp(how, "skip")) {
        action.sa_flags = SA_SIGINFO;
        action.sa_sigaction = skip;
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

/* The handler that is chained is found after the unload. */
static void *work(void *how)
{
    bool chains = !strcmp(how, "chained");
    if (!chains)
        set_handler(how); /* an alternate stack is a thread's own */
    open_and_close("leave", NULL);
    if (chains)
        set_by_system_call(true);
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

static void call_unloaded(void)
{
    int (*function)(void) = (int (*)(void))open_and_close("use", NULL);
    function();
}

/* Each load leaves a pointer, so that not all of them are searched for at once. */
static void call_last_of_many(bool also_left)
{
    enum { MANY = 40 };
    static void *left[MANY + 1];
    for (int i = 0; i < MANY; i++)
        left[i] = open_and_close("leave_data", NULL);
    void *last = open_and_close("use", NULL);
    left[MANY] = also_left ? last : NULL;
    __asm__ volatile("" : : "r"(left) : "memory");
    ((int (*)(void))last)();
}

static void *work_that_waits(void *unused)
{
    if (sigsetjmp(back, 1) == 0)
        call_unloaded();
    else
        wait_above_old_frame();
    return unused;
}

static void run_thread(void *(*routine)(void *how), const char *how, size_t stack)
{
    pthread_t thread;
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    if (stack)
        pthread_attr_setstacksize(&attributes, stack);
    pthread_create(&thread, &attributes, routine, (void *)how);
    pthread_join(thread, NULL);
}

/* The thread stays in its handler, and the program can do without it. */
static void go_on_without(const char *how)
{
    pthread_t thread;
    char byte;
    pthread_create(&thread, NULL, work, (void *)how);
    while (read(wake[0], &byte, 1) != 1)
        ;
    puts("went on");
    exit(0);
}

static void run(const char *how, const char *where)
{
    if (!strcmp(where, "plugin")) {
        run_thread(work, how, 0);
    } else if (!strcmp(where, "small")) {
        run_thread(work, how, PTHREAD_STACK_MIN + 4096);
    } else if (!strcmp(where, "parked")) {
        go_on_without(how);
    } else if (!strcmp(where, "gone")) {
        run_thread(work_without_handler, how, 0);
    } else if (!strcmp(where, "null")) {
        open_and_close("leave", NULL);
        *nowhere = 1;
    } else if (!strcmp(where, "called")) {
        call_unloaded();
    } else if (!strcmp(where, "many")) {
        call_last_of_many(false);
    } else if (!strcmp(where, "many-left")) {
        call_last_of_many(true);
    } else if (!strcmp(where, "wait")) {
        where_end = true;
        run_thread(work_that_waits, how, 0);
    } else if (sigsetjmp(back, 1) == 0) {
        where_end = !strcmp(where, "end");
        call_unloaded();
    } else if (where_end) {
        end_above_old_frame();
    }
}

int main(int argc, char **argv)
{
    if (argc < 5 || pipe(wake) || pipe(parked) || sem_init(&never, 0, 0))
        return 92;
    way = argv[1];
    plugin = argv[4];
    start_another();
    if (strcmp(argv[2], "chained") != 0)
        set_handler(argv[2]);
    run(argv[2], argv[3]);
    puts("went on");
    return 7;
}
