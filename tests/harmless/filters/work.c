// SPDX-License-Identifier: MIT
/*
 * A program that kills itself for every system call but those that it makes: it allocates, makes
 * keys and threads, opens and closes plug-ins, forks and ends under a filter. The list is what
 * glibc 2.31 to 2.41 needs for that, and no more: what the filter does not name is somebody else's.
 *
 *   filters_work HOW END
 *
 * HOW the filter is put in place:
 *   privileged          syscall(SYS_seccomp), as who may do it without no_new_privs
 *   syscall             the same behind prctl(PR_SET_NO_NEW_PRIVS), as libseccomp does it
 *   prctl, raw-prctl    prctl(2) and the same call by syscall(2)
 *   thread              syscall(SYS_seccomp) with TSYNC, in a thread, for all of them
 *   clone               in a child of clone(2), made by number: only no_new_privs is seen to come
 *   vfork               prctl(2), in a child of vfork(2), which then ends
 *   asks                it is not: it is only asked what there is, as libseccomp does
 *   inline              no function of the C library is called. Here the question for a filter is
 *                       allowed: there is no other way to learn of it.
 */
#include "../observe.h"
#include "inline.h"
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#define LOAD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define RETURN(what) BPF_STMT(BPF_RET | BPF_K, (what))
#define ALLOW(number) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (number), 0, 1), RETURN(SECCOMP_RET_ALLOW)
/* Only with this argument. */
#define ALLOW_WITH(number, argument, value)                                            \
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (number), 0, 4), LOAD(argument),               \
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (value), 0, 1), RETURN(SECCOMP_RET_ALLOW), \
        RETURN(SECCOMP_RET_KILL_PROCESS)

enum { NO_NUMBER = 0x7fffffff };

static struct sock_filter instructions[] = {
    LOAD(nr),
    ALLOW(SYS_read),
    ALLOW(SYS_write),
    ALLOW(SYS_close),
    ALLOW(SYS_openat),
    ALLOW(SYS_fstat),
    ALLOW(SYS_newfstatat),
    ALLOW(SYS_pread64),
    ALLOW(SYS_mmap),
    ALLOW(SYS_munmap),
    ALLOW(SYS_mprotect),
    ALLOW(SYS_brk),
    ALLOW(SYS_futex),
    ALLOW(SYS_getcwd),
    ALLOW(SYS_clone),
    ALLOW(SYS_clone3),
    ALLOW(SYS_set_robust_list),
    ALLOW(SYS_rseq),
    ALLOW(SYS_rt_sigprocmask),
    ALLOW(SYS_rt_sigreturn),
    ALLOW(SYS_wait4),
    ALLOW(SYS_exit),
    ALLOW(SYS_exit_group),
#ifdef SYS_access
    ALLOW(SYS_access),
#endif
    /* A thread's stack, when it ends. */
    ALLOW_WITH(SYS_madvise, args[2], MADV_DONTNEED),
    /* Changed below: the question for a filter; abort(3) and execve(2). */
    ALLOW_WITH(NO_NUMBER, args[0], PR_GET_SECCOMP),
    ALLOW(NO_NUMBER),
    ALLOW(NO_NUMBER),
    ALLOW(NO_NUMBER),
    ALLOW(NO_NUMBER),
    RETURN(SECCOMP_RET_KILL_PROCESS),
};

enum {
    COUNT = sizeof instructions / sizeof *instructions,
    QUESTION = COUNT - 14,
    MORE = COUNT - 9
};

static struct sock_fprog filter = {COUNT, instructions};
static volatile int *volatile nowhere;

static void allow_more(const unsigned *numbers, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        instructions[MORE + 2 * i].k = numbers[i];
}

static void *confine_all(void *unused)
{
    check(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
    check(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &filter) == 0);
    return unused;
}

/* As libseccomp does. A strict mode with flags is refused where there is seccomp(2). */
static void ask(void)
{
    check(syscall(SYS_seccomp, SECCOMP_SET_MODE_STRICT, 1, NULL) == -1);
    check(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, NULL) == -1);
}

static void confine(const char *how)
{
    pthread_t thread;
    if (strcmp(how, "privileged") == 0) {
        if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &filter) == 0)
            return;
        how = "syscall";
    }
    if (strcmp(how, "thread") == 0) {
        check(pthread_create(&thread, NULL, confine_all, NULL) == 0 &&
              pthread_join(thread, NULL) == 0);
    } else if (strncmp(how, "inline", 6) == 0) {
        instructions[QUESTION].k = SYS_prctl;
        check(call_inline(SYS_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
        check(call_inline(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, (long)&filter, 0, 0) == 0);
    } else if (strcmp(how, "raw-prctl") == 0) {
        check(syscall(SYS_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
        check(syscall(SYS_prctl, PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter, 0, 0) == 0);
    } else if (strcmp(how, "clone") == 0) {
        check(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
        check(call_inline(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, (long)&filter, 0, 0) == 0);
    } else if (strcmp(how, "prctl") == 0) {
        check(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
        check(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0);
    } else if (strcmp(how, "asks") == 0) {
        ask();
    } else {
        ask();
        check(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
        check(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &filter) == 0);
    }
}

/* As leave_something does, which asks for numbers. */
static void leave_key(void)
{
    void *handle = open_plugin("./leftover.so", RTLD_NOW);
    void (*leave)(int) = (void (*)(int))symbol(handle, "leave");
    leave(0);
    check(dlclose(handle) == 0 && !is_mapped("leftover.so"));
}

static void *work_in_thread(void *data)
{
    const pthread_key_t *key = data;
    void *block = malloc(1000);
    check(block && pthread_setspecific(*key, block) == 0);
    return data;
}

/* More than there is room for anywhere, in blocks of all sizes. */
static void allocate(void)
{
    enum { BLOCKS = 200 };
    static void *blocks[BLOCKS];
    for (unsigned i = 0; i < BLOCKS; i++)
        check((blocks[i] = malloc((size_t)i * i * 20)) != NULL);
    for (unsigned i = 0; i < BLOCKS; i++)
        free(blocks[i]);
}

static void work(void)
{
    pthread_key_t key;
    pthread_t thread;
    allocate();
    check(pthread_key_create(&key, free) == 0);
    for (unsigned i = 0; i < 3; i++)
        check(pthread_create(&thread, NULL, work_in_thread, &key) == 0 &&
              pthread_join(thread, NULL) == 0);
    for (unsigned i = 0; i < 3; i++) {
        void *handle = open_plugin("./plain.so", RTLD_NOW);
        check(symbol(handle, "plain") != NULL && dlclose(handle) == 0);
        leave_key();
    }
    check(pthread_key_delete(key) == 0);
}

/* The first one takes more calls than those that follow. */
static void start_threads(void)
{
    pthread_t thread;
    pthread_key_t key;
    check(pthread_key_create(&key, free) == 0);
    check(pthread_create(&thread, NULL, work_in_thread, &key) == 0 &&
          pthread_join(thread, NULL) == 0);
}

static void fork_once(void)
{
    int status;
    pid_t child = fork();
    if (child == 0) {
        allocate();
        leave_key();
        _exit(observe_status());
    }
    check(child > 0 && waitpid(child, &status, 0) == child && status == 0);
}

static void end(const char *way)
{
    char *const again[] = {(char *)"/bin/true", NULL};
    if (strcmp(way, "exit") == 0)
        exit(7);
    if (strcmp(way, "_exit") == 0)
        _exit(7);
    if (strcmp(way, "quick_exit") == 0)
        quick_exit(7);
    if (strcmp(way, "exec") == 0)
        execve("./missing", again, again + 1);
    if (strcmp(way, "abort") == 0)
        abort();
    if (strcmp(way, "crash") == 0)
        *nowhere = 1;
}

/* Returns the status of its child. The child runs on behind this call. */
static int in_clone(void)
{
    int status;
    pid_t child = (pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
    if (child == 0)
        return -1;
    check(child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status));
    return observe_failures ? 1 : WEXITSTATUS(status);
}

static void in_vfork(void)
{
    int status;
    pid_t child = vfork();
    if (child == 0) {
        confine("prctl");
        _exit(3);
    }
    check(child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status) &&
          WEXITSTATUS(status) == 3);
}

int main(int count, char **arguments)
{
    const unsigned more[] = {SYS_execve, SYS_tgkill, SYS_getpid, SYS_gettid};
    int status;
    if (count < 3)
        return 97;
    leave_key();
    start_threads();
    if (strcmp(arguments[2], "abort") == 0)
        allow_more(more, 4);
    else if (strcmp(arguments[2], "exec") == 0)
        allow_more(more, 1);
    if (strcmp(arguments[1], "clone") == 0 && (status = in_clone()) >= 0)
        return status;
    if (strcmp(arguments[1], "vfork") == 0)
        in_vfork();
    else
        confine(arguments[1]);
    work();
    fork_once();
    say("alive\n");
    end(arguments[2]);
    return observe_failures ? 1 : 7;
}
