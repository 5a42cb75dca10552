// SPDX-License-Identifier: MIT
#include "base/own_stack.h"
#include "base/clock.h"
#include "base/sys.h"
#include "support.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

/* Only what is handed over: a sanitizer may keep variables elsewhere. */
static uintptr_t stack_pointer(void)
{
    uintptr_t pointer;
#if defined(__x86_64__)
    __asm__ volatile("mov %%rsp, %0" : "=r"(pointer));
#else
    __asm__ volatile("mov %0, sp" : "=r"(pointer));
#endif
    return pointer;
}

static bool is_own(uintptr_t address)
{
    uintptr_t start, end;
    for (unsigned i = 0; i < SYS_MAPS_MAX; i++)
        if (sys_own_map(i, &start, &end) && address >= start && address < end)
            return true;
    return false;
}

static void note_pointer(void *data)
{
    *(uintptr_t *)data = stack_pointer();
    errno = EBADF;
}

Test(own_stack, is_one_of_our_own_maps)
{
    uintptr_t pointer = 0;
    errno = ENOENT;
    cr_assert(own_stack_run(note_pointer, &pointer));
    cr_assert_eq(errno, ENOENT);
    cr_assert(is_own(pointer), "no scan looks at it");
    cr_assert_not(is_own(stack_pointer()));
}

/* The page below it is not there for anybody. */
__attribute__((no_sanitize("address"))) static void go_too_far(void *unused)
{
    volatile char *at = (volatile char *)stack_pointer();
    for (unsigned i = 4096; i <= 72 << 10; i += 4096)
        at[-(long)i] = 0;
}

Test(own_stack, ends, .signal = SIGSEGV)
{
    own_stack_run(go_too_far, NULL);
}

static volatile sig_atomic_t handled;

static void on_signal(int number)
{
    handled++;
}

static void be_signalled(void *data)
{
    raise(SIGUSR1);
    *(int *)data = handled;
}

Test(own_stack, signals_wait)
{
    int meanwhile = -1;
    sigset_t before, after;
    signal(SIGUSR1, on_signal);
    sigemptyset(&before);
    sigaddset(&before, SIGUSR2);
    sigaddset(&before, SIGRTMIN + 3);
    sigprocmask(SIG_SETMASK, &before, NULL);
    cr_assert(own_stack_run(be_signalled, &meanwhile));
    cr_assert_eq(meanwhile, 0);
    cr_assert_eq(handled, 1);
    sigprocmask(SIG_SETMASK, NULL, &after);
    for (int number = 1; number <= SIGRTMAX; number++)
        cr_assert_eq(sigismember(&before, number), sigismember(&after, number), "%d", number);
}

struct meeting {
    pthread_t other;
    unsigned waits;
    pid_t child;
    int status;
    struct {
        uintptr_t sp, pc;
    } inside, outside;
};

static void nothing(void *unused)
{
}

static void *run_nothing(void *failed)
{
    return own_stack_run(nothing, NULL) ? NULL : failed;
}

static void meet(void *data)
{
    struct meeting *meeting = data;
    pthread_create(&meeting->other, NULL, run_nothing, meeting);
    while (own_stack_waiters() == 0)
        clock_pause_us(100);
    meeting->waits = own_stack_waiters();
}

Test(own_stack, one_waits_for_the_other)
{
    struct meeting meeting = {0};
    void *failed;
    cr_assert(own_stack_run(meet, &meeting));
    pthread_join(meeting.other, &failed);
    cr_assert_null(failed);
    cr_assert_eq(meeting.waits, 1);
    cr_assert_eq(own_stack_waiters(), 0);
}

static void *fork_beside(void *data)
{
    struct meeting *meeting = data;
    pid_t pid = fork();
    if (pid == 0) {
        own_stack_fork_child();
        _exit(own_stack_waiters() == 0 && own_stack_run(nothing, NULL) ? 0 : 1);
    }
    waitpid(pid, &meeting->status, 0);
    return NULL;
}

static void be_beside(void *data)
{
    struct meeting *meeting = data;
    pthread_create(&meeting->other, NULL, fork_beside, meeting);
    pthread_join(meeting->other, NULL);
}

Test(own_stack, is_free_in_a_fork_child)
{
    struct meeting meeting = {.status = -1};
    cr_assert(own_stack_run(be_beside, &meeting));
    cr_assert_eq(meeting.status, 0);
}

static void *look_from_beside(void *data)
{
    struct meeting *meeting = data;
    own_stack_to_program(sys_getpid(), &meeting->outside.sp, &meeting->outside.pc);
    return NULL;
}

static void look(void *data)
{
    struct meeting *meeting = data;
    meeting->inside.sp = meeting->outside.sp = stack_pointer();
    own_stack_to_program_own(&meeting->inside.sp);
    pthread_create(&meeting->other, NULL, look_from_beside, meeting);
    pthread_join(meeting->other, NULL);
}

Test(own_stack, can_be_scanned)
{
    struct meeting meeting = {0};
    uintptr_t sp = stack_pointer(), other = sp, pc = 1;
    cr_assert(own_stack_run(look, &meeting));
    cr_assert(meeting.inside.sp <= sp && meeting.inside.sp > sp - 4096);
    cr_assert_eq(meeting.inside.sp, meeting.outside.sp);
    cr_assert(meeting.outside.pc > (uintptr_t)own_stack_run &&
              meeting.outside.pc < (uintptr_t)own_stack_run + 4096);
    own_stack_to_program(sys_gettid(), &other, &pc);
    own_stack_to_program_own(&other);
    cr_assert(other == sp && pc == 1, "another stack is what it is");
}
