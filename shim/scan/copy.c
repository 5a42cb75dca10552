// SPDX-License-Identifier: MIT
#include "scan/copy.h"
#include "base/action.h"
#include "base/clock.h"
#include "base/sys.h"
#include "base/userfaults.h"

#include <errno.h>
#include <linux/futex.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    /* Nanoseconds. A copy that dies wakes nobody: its death is noticed within so long. */
    SLICE_NS = 1000000,
    /* A copy that has done its work is waited for, for 1 ms at most: the kernel takes its memory
     * back. One that needs longer is reaped later. */
    ENDING_PAUSES = 20,
    ENDING_PAUSE_US = 50,
};

static _Atomic pid_t copy;      /* 0: none that was not reaped */
static _Atomic bool running;    /* and its end was not reported yet */
static _Atomic uint32_t *ended; /* 1 when the work is done */

void *copy_share(size_t size)
{
    return sys_map_shared(size);
}

void copy_unshare(void *p, size_t size)
{
    if (p)
        sys_call(SYS_munmap, p, size);
}

bool copy_is_possible(void)
{
    return !calls_are_filtered() && !userfaults_may_stop_forks();
}

/*
 * True if the copy is reaped, or if we cannot wait for it. The program may have reaped it with a
 * wait for any child, or may have set a filter since, under which we do not even ask. The program
 * may have a child of the same number by then: __WCLONE excludes children with an exit signal.
 */
static bool reap(int options)
{
    if (!copy || calls_are_filtered()) {
        copy = 0;
        return true;
    }
    long n = sys_call(SYS_wait4, copy, NULL, (int)__WCLONE | options, NULL);
    if (n == copy || (n < 0 && errno != EINTR))
        copy = 0;
    return copy == 0;
}

/* False: the kernel is too old; then the copy must not open any. */
static bool close_all(void)
{
    return sys_call(SYS_close_range, 0U, ~0U, 0U) == 0;
}

/* Of the copy. */
static pid_t parent;

static void check_parent(int number, siginfo_t *info, void *context)
{
    if (sys_call(SYS_getppid) != parent)
        sys_call(SYS_exit_group, 0);
}

/* The kernel signals the end of the thread that made us, which need not be the end of the process.
 * If a program sends this signal to its group, the handler finds its parent alive and returns. */
static void end_with_parent(void)
{
    struct action action = action_for(check_parent);
    action_set(SIGURG, &action, NULL);
    sys_call(SYS_prctl, PR_SET_PDEATHSIG, SIGURG, 0, 0, 0);
    sys_block_signals(~((uint64_t)1 << (SIGURG - 1)));
}

static _Noreturn void be_the_copy(enum copy_files files, void (*work)(void *data), void *data)
{
    struct rlimit no_core = {0, 0};
    userfaults_forget();
    end_with_parent();
    sys_call(SYS_prlimit64, 0, RLIMIT_CORE, &no_core, NULL);
    bool may_work = files == COPY_SHARES_FILES || close_all();
    if (may_work && sys_call(SYS_getppid) == parent) {
        work(data);
        atomic_store(ended, 1);
        sys_call(SYS_futex, ended, FUTEX_WAKE, 1, NULL, NULL, 0);
    }
    for (;;)
        sys_call(SYS_exit_group, 0);
}

int copy_start(enum copy_files files, void (*work)(void *data), void *data,
               _Atomic uint32_t *end_word)
{
    if (running)
        return -EBUSY;
    reap(0);
    ended = end_word;
    atomic_store(ended, 0);
    parent = sys_getpid();
    uint64_t before = sys_block_signals(~(uint64_t)0);
    long pid = sys_call(SYS_clone, files == COPY_SHARES_FILES ? CLONE_FILES : 0, 0, 0, 0, 0);
    if (pid == 0)
        be_the_copy(files, work, data);
    int error = pid < 0 ? -errno : 0;
    sys_block_signals(before);
    running = !error;
    copy = error ? 0 : (pid_t)pid;
    return error;
}

bool copy_is_left(void)
{
    return copy && !running;
}

void copy_tidy(void)
{
    if (copy_is_left())
        reap(WNOHANG);
}

enum copy_state copy_poll(void)
{
    if (!running) {
        copy_tidy();
        return COPY_NONE;
    }
    bool reaped = reap(WNOHANG);
    bool done = atomic_load(ended) == 1;
    running = !reaped && !done;
    return running ? COPY_RUNNING : done ? COPY_DONE : COPY_DIED;
}

/* In slices: a copy that dies wakes nobody. */
enum copy_state copy_wait(uint64_t nanoseconds)
{
    uint64_t end = clock_monotonic_ns() + nanoseconds;
    enum copy_state state;
    while ((state = copy_poll()) == COPY_RUNNING && clock_monotonic_ns() < end)
        clock_wait(ended, 0, SLICE_NS, true);
    for (unsigned i = 0; copy_is_left() && i < ENDING_PAUSES; i++) {
        clock_pause_us(ENDING_PAUSE_US);
        copy_tidy();
    }
    return state;
}

void copy_kill(void)
{
    if (!reap(WNOHANG))
        sys_call(SYS_kill, copy, SIGKILL);
    while (!reap(0))
        ;
    running = false;
}

void copy_fork_child(void)
{
    copy = 0;
    running = false;
}
