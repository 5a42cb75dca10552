// SPDX-License-Identifier: MIT
/* The addresses that a thread has given to the kernel, by its file "syscall" in /proc. */
#include "base/text.h"
#include "scan/waits.h"
#include "support.h"

#include <linux/futex.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#define WANTED 0x7f0000001230UL

static bool is_wanted(uintptr_t address, const void *data)
{
    return address == *(const uintptr_t *)data;
}

/* A line of the file: the number and six arguments, sp and pc. */
static bool find(long call, const uintptr_t *arguments, uintptr_t wanted)
{
    struct text line = {0};
    struct thread_stack at;
    uintptr_t found = 0;
    text_printf(&line, "%d", (int)call);
    for (unsigned i = 0; i < CALL_ARGUMENTS; i++)
        text_printf(&line, " %lx", (unsigned long)arguments[i]);
    text_add(&line, " 0x7ffd10 0x7f1234\n");
    cr_assert(stack_parse(text_string(&line), &at), "%s", text_string(&line));
    text_free(&line);
    bool is_found = wait_find(&at, is_wanted, &wanted, &found);
    cr_assert_eq(found, is_found ? wanted : 0);
    return is_found;
}

/* Which arguments of the call count, as bits. */
static unsigned buffers_of(long call)
{
    unsigned buffers = 0;
    for (unsigned i = 0; i < CALL_ARGUMENTS; i++) {
        uintptr_t arguments[CALL_ARGUMENTS] = {0};
        arguments[i] = WANTED;
        buffers |= (unsigned)find(call, arguments, WANTED) << i;
    }
    return buffers;
}

static bool find_futex(unsigned argument, uintptr_t operation)
{
    uintptr_t arguments[CALL_ARGUMENTS] = {0, operation};
    arguments[argument] = WANTED;
    return find(SYS_futex, arguments, WANTED);
}

Test(waits, arguments_of_a_line)
{
    struct thread_stack at;
    cr_assert(
        stack_parse("202 0x7f00 0x80 0x0 0xabc 0x4 0xffffffffffffffff 0x7ffd10 0x7f1234\n", &at));
    cr_assert_eq(at.call, 202);
    cr_assert_eq(at.arguments[0], 0x7f00);
    cr_assert_eq(at.arguments[3], 0xabc);
    cr_assert_eq(at.arguments[5], UINTPTR_MAX);
    cr_assert(stack_parse("-1 0x7ffd10 0x7f1234\n", &at));
    cr_assert_eq(at.call, -1);
    cr_assert_eq(at.arguments[0], 0, "there are none: what comes then is sp");
    cr_assert(stack_parse("0 0x7ffd10 0x7f1234\n", &at), "a line that is too short");
    cr_assert_eq(at.call, 0);
    cr_assert_eq(at.arguments[5], 0);
}

Test(waits, nothing_outside_of_a_call)
{
    struct thread_stack at = {.call = -1, .arguments = {WANTED, WANTED, WANTED}};
    uintptr_t wanted = WANTED, found;
    cr_assert_not(wait_find(&at, is_wanted, &wanted, &found));
    at.call = 99999;
    cr_assert_not(wait_find(&at, is_wanted, &wanted, &found), "an unknown call");
}

Test(waits, buffers)
{
    static const struct {
        long call;
        unsigned buffers;
    } calls[] = {
        {SYS_read, 1 << 1},
        {SYS_pread64, 1 << 1},
        {SYS_recvfrom, 1 << 1 | 1 << 4 | 1 << 5},
        {SYS_accept4, 1 << 1 | 1 << 2},
        {SYS_ppoll, 1 << 0 | 1 << 2},
        {SYS_pselect6, 1 << 1 | 1 << 2 | 1 << 3 | 1 << 4},
        {SYS_epoll_pwait, 1 << 1},
        {SYS_nanosleep, 1 << 1},
        {SYS_clock_nanosleep, 1 << 3},
        {SYS_wait4, 1 << 1 | 1 << 3},
        {SYS_waitid, 1 << 2 | 1 << 4},
        {SYS_msgrcv, 1 << 1},
        {SYS_io_getevents, 1 << 3},
        {SYS_readv, 1 << 1},
        {SYS_recvmsg, 1 << 1},
        {SYS_write, 0},
        {SYS_writev, 0},
        {SYS_sendmsg, 0},
        {SYS_close, 0},
    };
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++)
        cr_assert_eq(buffers_of(calls[i].call), calls[i].buffers, "call %ld: %x", calls[i].call,
                     buffers_of(calls[i].call));
    cr_assert_str_eq(wait_name(SYS_read), "read");
    cr_assert_not(wait_is_futex(SYS_read));
}

Test(waits, futexes)
{
    cr_assert(find_futex(0, FUTEX_WAIT_PRIVATE));
    cr_assert(find_futex(0, FUTEX_WAIT));
    cr_assert(find_futex(0, FUTEX_WAIT_BITSET | FUTEX_PRIVATE_FLAG | FUTEX_CLOCK_REALTIME));
    cr_assert(find_futex(0, FUTEX_LOCK_PI));
    cr_assert(find_futex(4, FUTEX_WAIT_REQUEUE_PI));
    cr_assert_not(find_futex(0, FUTEX_WAKE_PRIVATE), "wakes, and does not wait");
    cr_assert_not(find_futex(4, FUTEX_WAIT));
    cr_assert_not(find_futex(3, FUTEX_WAIT), "the time is read when the wait begins");
    cr_assert(wait_is_futex(SYS_futex));
}

Test(waits, lists)
{
    char buffer[4], name[4];
    struct iovec pieces[] = {{name, 0}, {buffer, sizeof buffer}};
    struct mmsghdr messages[] = {
        {{.msg_name = name}, 0},
        {{.msg_iov = pieces, .msg_iovlen = 2}, 0},
    };
    const uintptr_t readv_arguments[CALL_ARGUMENTS] = {3, (uintptr_t)pieces, 2};
    cr_assert(find(SYS_readv, readv_arguments, (uintptr_t)buffer));
    cr_assert_not(find(SYS_readv, readv_arguments, (uintptr_t)name), "of no length");
    const uintptr_t one[CALL_ARGUMENTS] = {3, (uintptr_t)pieces, 1};
    cr_assert_not(find(SYS_readv, one, (uintptr_t)buffer), "behind the end of the list");
    const uintptr_t message[CALL_ARGUMENTS] = {3, (uintptr_t)&messages[1].msg_hdr, 0};
    cr_assert(find(SYS_recvmsg, message, (uintptr_t)buffer));
    const uintptr_t both[CALL_ARGUMENTS] = {3, (uintptr_t)messages, 2};
    cr_assert(find(SYS_recvmmsg, both, (uintptr_t)buffer));
    cr_assert(find(SYS_recvmmsg, both, (uintptr_t)name));
    cr_assert_not(find(SYS_recvmmsg, message, (uintptr_t)buffer), "none were asked for");
}

Test(waits, lists_that_cannot_be_read)
{
    const uintptr_t arguments[CALL_ARGUMENTS] = {3, 0x10, UINTPTR_MAX};
    cr_assert_not(find(SYS_readv, arguments, WANTED));
    cr_assert_not(find(SYS_recvmsg, arguments, WANTED));
    cr_assert_not(find(SYS_recvmmsg, arguments, WANTED));
}
