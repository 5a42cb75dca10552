// SPDX-License-Identifier: MIT
/*
 * "Same exit status" for every way to die of a signal: raised, sent, by abort, by real faults, in
 * threads, in plug-ins, with blocked signals; after a plug-in was unloaded.
 */
#include "../observe.h"
#include <pthread.h>
#include <sys/mman.h>
#include <sys/resource.h>

static volatile int zero;
static volatile char sink;

static int overflow(volatile char *above, int depth)
{
    volatile char area[4096];
    area[0] = *above;
    if (depth < 0)
        return area[0];
    return overflow(area, depth + 1) + area[0];
}

static void fault_write(void)
{
    *(volatile char *)(uintptr_t)(zero + 8) = 1;
}

static void fault_jump(void)
{
    void (*nowhere)(void) = (void (*)(void))(uintptr_t)(zero + 16);
    nowhere();
}

static void fault_stack(void)
{
    char first = 0;
    sink = (char)overflow(&first, 0);
}

static void fault_bus(void)
{
    int file = open("short.txt", O_CREAT | O_RDWR, 0600);
    char *area = mmap(NULL, 4096, PROT_READ, MAP_SHARED, file, 0);
    sink = area[100];
}

static void fault_trap(void)
{
    __builtin_trap();
}

static void fault_protected(void)
{
    char *area = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    area[5] = 1;
}

static void fault_blocked(void)
{
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, NULL);
    fault_write();
}

static void fault_ignored(void)
{
    signal(SIGSEGV, SIG_IGN);
    fault_write();
}

static void *abort_in_thread(void *argument)
{
    abort();
    return argument;
}

static void abort_thread(void)
{
    pthread_t thread;
    pthread_create(&thread, NULL, abort_in_thread, NULL);
    pause();
}

static void send_to_self(void)
{
    kill(getpid(), SIGSEGV);
}

static void queue_to_self(void)
{
    union sigval value = {.sival_int = 1};
    sigqueue(getpid(), SIGBUS, value);
    pause();
}

static void overflow_in_thread(void)
{
    pthread_t thread;
    pthread_create(&thread, NULL, (void *(*)(void *))(void (*)(void))fault_stack, NULL);
    pthread_join(thread, NULL);
}

static void free_twice(void)
{
    void *volatile block = malloc(2000);
    void *volatile fence = malloc(2000);
    free(block);
    free(block);
    free(fence);
}

static const struct {
    const char *name;
    void (*fault)(void);
} faults[] = {
    {"a write to nowhere", fault_write},
    {"a jump to nowhere", fault_jump},
    {"a stack overflow", fault_stack},
    {"beyond a file's end", fault_bus},
    {"a trap", fault_trap},
    {"a protected page", fault_protected},
    {"a fault with all blocked", fault_blocked},
    {"a fault that is ignored", fault_ignored},
    {"abort", abort},
    {"abort in a thread", abort_thread},
    {"SIGSEGV sent", send_to_self},
    {"SIGBUS queued", queue_to_self},
    {"a stack overflow in a thread", overflow_in_thread},
    {"a double free", free_twice},
};

static void die(const char *name, void (*fault)(void), int number)
{
    int status = 0;
    int pid = fork();
    if (pid == 0) {
        /* libc's messages are not compared: libc writes them to the terminal. */
        close(STDERR_FILENO);
        leave_something();
        if (fault)
            fault();
        else
            raise(number);
        _exit(77);
    }
    check(waitpid(pid, &status, 0) == pid);
    say("%s: %s\n", name, status_text(status));
}

int main(void)
{
    struct rlimit none = {0, 0};
    struct rlimit small = {256 << 10, 256 << 10};
    setrlimit(RLIMIT_CORE, &none);
    setrlimit(RLIMIT_STACK, &small);
    for (unsigned at = 0; at < sizeof faults / sizeof *faults; at++)
        die(faults[at].name, faults[at].fault, 0);
    for (int number = 1; number < 32; number++) {
        char name[20];
        if (number == SIGSTOP || number == SIGTSTP || number == SIGTTIN || number == SIGTTOU)
            continue;
        snprintf(name, sizeof name, "signal %d", number);
        die(name, NULL, number);
    }
    die("a real-time signal", NULL, SIGRTMIN + 3);
    return observe_status();
}
