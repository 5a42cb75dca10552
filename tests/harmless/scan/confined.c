// SPDX-License-Identifier: MIT
/*
 * A program that confines itself once all is set up: from then on its filter kills it for any
 * system call but the few that it needs itself to work, to close what it opened, and to end. A
 * system call that other code makes in its name kills it.
 *
 *   scan_confined kill|trap|errors before|after [_exit]
 *
 * "before": a plug-in left something before, and memory is being scanned. With "trap" it prints the
 * call; with "errors" calls fail that are not allowed.
 */
#include "../observe.h"
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

enum { BLOCKS = 300000 };

static void **blocks;
static void *plugin;

#define ALLOW(number)                                    \
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (number), 0, 1), \
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)

static void refused(int number, siginfo_t *info, void *context)
{
    (void)number;
    (void)context;
    say("FAILED: system call %d\n", info->si_syscall);
    observe_failures++;
}

static void confine(unsigned refusal)
{
    struct sigaction action = {.sa_sigaction = refused, .sa_flags = SA_SIGINFO};
    struct sock_filter instructions[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        ALLOW(SYS_read),
        ALLOW(SYS_write),
        ALLOW(SYS_close),
        ALLOW(SYS_mmap),
        ALLOW(SYS_munmap),
        ALLOW(SYS_mprotect),
        ALLOW(SYS_brk),
        ALLOW(SYS_futex),
        ALLOW(SYS_rt_sigreturn),
        ALLOW(SYS_exit),
        ALLOW(SYS_exit_group),
        BPF_STMT(BPF_RET | BPF_K, refusal),
    };
    struct sock_fprog filter = {sizeof instructions / sizeof *instructions, instructions};
    check(sigaction(SIGSYS, &action, NULL) == 0);
    check(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
    check(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0);
}

static void make_heap(void)
{
    void **last = NULL;
    for (int i = 0; i < BLOCKS; i++) {
        void **block = (void **)calloc(1, 64);
        if (!block)
            exit(98);
        *block = (void *)last;
        last = block;
    }
    blocks = last;
}

static volatile int working;

/* A thread that was there before, and ends after. A filter is of the thread that put it in place.
 */
static void *work(void *unused)
{
    working = 1;
    while (working)
        usleep(1000);
    return unused;
}

int main(int count, char **arguments)
{
    pthread_t thread;
    if (count < 3)
        return 97;
    make_heap();
    if (strcmp(arguments[2], "before") == 0)
        leave_something();
    plugin = open_plugin("./leftover.so", RTLD_NOW);
    void (*leave)(int) = (void (*)(int))symbol(plugin, "leave");
    leave(1);
    check(pthread_create(&thread, NULL, work, NULL) == 0);
    while (!working)
        usleep(1000);
    confine(arguments[1][0] == 'k'   ? SECCOMP_RET_KILL_PROCESS
            : arguments[1][0] == 't' ? SECCOMP_RET_TRAP
                                     : (SECCOMP_RET_ERRNO | EPERM));
    check(dlclose(plugin) == 0);
    for (int i = 0; i < 1000; i++) {
        void *volatile block = malloc((size_t)i * 100);
        free(block);
    }
    working = 0;
    check(pthread_join(thread, NULL) == 0);
    say("alive\n");
    if (count > 3)
        _exit(observe_status());
    return observe_status();
}
