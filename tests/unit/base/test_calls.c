// SPDX-License-Identifier: MIT
#include "base/calls.h"
#include "base/guard.h"
#include "support.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static unsigned found;

static void count_found(void)
{
    found++;
}

/* Against nothing; but it is one. */
static void add_filter(void)
{
    struct sock_filter all[] = {BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
    struct sock_fprog program = {1, all};
    cr_assert_eq(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
    cr_assert_eq(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program), 0);
}

Test(calls, are_as_those_of_the_library)
{
    char byte = 'x', to = 0;
    int ends[2];
    cr_assert_eq(pipe(ends), 0);
    cr_assert_eq(sys_call(SYS_getpid), getpid());
    cr_assert_eq(sys_call(SYS_write, ends[1], &byte, 1), 1);
    cr_assert_eq(sys_call(SYS_read, ends[0], &to, 1), 1);
    cr_assert_eq(to, 'x');
    errno = 0;
    cr_assert_eq(sys_call(SYS_close, -1), -1);
    cr_assert_eq(errno, EBADF);
    errno = 0;
    cr_assert_eq(calls_pass(SYS_close, -1, 0, 0, 0, 0, 0), -EBADF);
    cr_assert_eq(errno, 0);
}

Test(calls, end)
{
    cr_assert_not(calls_are_over());
    calls_end();
    cr_assert(calls_are_over() && calls_are_filtered());
    errno = 0;
    cr_assert_eq(sys_call(SYS_getpid), -1);
    cr_assert_eq(errno, ENOSYS);
    cr_assert_eq(calls_pass(SYS_getpid, 0, 0, 0, 0, 0, 0), getpid());
}

Test(calls, end_with_a_filter_that_another_call_sets)
{
    if (calls_are_filtered()) /* it was there before */
        return;
    calls_watch(count_found);
    cr_assert_eq(sys_call(SYS_getpid), getpid());
    add_filter();
    cr_assert_eq(sys_call(SYS_getpid), -1);
    cr_assert(calls_are_over());
    cr_assert_eq(sys_call(SYS_getpid), -1);
    cr_assert_eq(found, 1);
}

Test(calls, go_on_under_a_filter_that_was_there_before)
{
    add_filter();
    calls_watch(count_found);
    cr_assert(calls_are_filtered());
    cr_assert_not(calls_are_over());
    cr_assert_eq(sys_call(SYS_getpid), getpid());
    cr_assert_eq(found, 0);
}

Test(calls, ask_once_in_an_event)
{
    int saved_errno;
    if (calls_are_filtered())
        return;
    cr_assert(guard_enter(&saved_errno));
    cr_assert_eq(sys_call(SYS_getpid), getpid());
    cr_assert(guard.unfiltered);
    add_filter();
    cr_assert_eq(sys_call(SYS_getpid), getpid(), "not asked again");
    guard_leave(saved_errno);
    cr_assert(guard_enter(&saved_errno));
    cr_assert_eq(sys_call(SYS_getpid), -1);
    guard_leave(saved_errno);
}
