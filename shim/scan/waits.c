// SPDX-License-Identifier: MIT
#include "scan/waits.h"
#include "base/sys.h"

#include <linux/futex.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>

/* linux/futex.h of Linux 5.14 */
#ifndef FUTEX_LOCK_PI2
#define FUTEX_LOCK_PI2 13
#endif

/* A list of buffers, and how many there are in the argument after it. */
enum list { NO_LIST, PIECES, MESSAGE, MESSAGES };

/* More pieces than that are not read. */
enum { LIST_MAX = 64 };

#define ARGUMENT(n) (1U << (n))

static const struct call {
    long number;
    const char *name;
    unsigned buffers; /* the arguments that are addresses of buffers */
    enum list list;   /* in argument 1 */
} calls[] = {
    {SYS_futex, "futex", 0, NO_LIST}, /* find_futex */
    {SYS_read, "read", ARGUMENT(1), NO_LIST},
    {SYS_pread64, "pread64", ARGUMENT(1), NO_LIST},
    {SYS_readv, "readv", ARGUMENT(1), PIECES},
    {SYS_preadv, "preadv", ARGUMENT(1), PIECES},
#ifdef SYS_preadv2
    {SYS_preadv2, "preadv2", ARGUMENT(1), PIECES},
#endif
    {SYS_recvfrom, "recvfrom", ARGUMENT(1) | ARGUMENT(4) | ARGUMENT(5), NO_LIST},
    {SYS_recvmsg, "recvmsg", ARGUMENT(1), MESSAGE},
    {SYS_recvmmsg, "recvmmsg", ARGUMENT(1) | ARGUMENT(4), MESSAGES},
    {SYS_accept, "accept", ARGUMENT(1) | ARGUMENT(2), NO_LIST},
    {SYS_accept4, "accept4", ARGUMENT(1) | ARGUMENT(2), NO_LIST},
#ifdef SYS_poll
    {SYS_poll, "poll", ARGUMENT(0), NO_LIST},
#endif
    {SYS_ppoll, "ppoll", ARGUMENT(0) | ARGUMENT(2), NO_LIST},
#ifdef SYS_select
    {SYS_select, "select", ARGUMENT(1) | ARGUMENT(2) | ARGUMENT(3) | ARGUMENT(4), NO_LIST},
#endif
    {SYS_pselect6, "pselect6", ARGUMENT(1) | ARGUMENT(2) | ARGUMENT(3) | ARGUMENT(4), NO_LIST},
#ifdef SYS_epoll_wait
    {SYS_epoll_wait, "epoll_wait", ARGUMENT(1), NO_LIST},
#endif
    {SYS_epoll_pwait, "epoll_pwait", ARGUMENT(1), NO_LIST},
#ifdef SYS_epoll_pwait2
    {SYS_epoll_pwait2, "epoll_pwait2", ARGUMENT(1), NO_LIST},
#endif
    {SYS_nanosleep, "nanosleep", ARGUMENT(1), NO_LIST},
    {SYS_clock_nanosleep, "clock_nanosleep", ARGUMENT(3), NO_LIST},
    {SYS_wait4, "wait4", ARGUMENT(1) | ARGUMENT(3), NO_LIST},
    {SYS_waitid, "waitid", ARGUMENT(2) | ARGUMENT(4), NO_LIST},
    {SYS_msgrcv, "msgrcv", ARGUMENT(1), NO_LIST},
    {SYS_mq_timedreceive, "mq_timedreceive", ARGUMENT(1) | ARGUMENT(3), NO_LIST},
    {SYS_rt_sigtimedwait, "rt_sigtimedwait", ARGUMENT(1), NO_LIST},
    {SYS_io_getevents, "io_getevents", ARGUMENT(3), NO_LIST},
};

static const struct call *find_call(long number)
{
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++)
        if (calls[i].number == number)
            return &calls[i];
    return NULL;
}

bool wait_is_futex(long call)
{
    return call == SYS_futex;
}

const char *wait_name(long call)
{
    const struct call *known = find_call(call);
    return known ? known->name : "a system call";
}

struct search {
    wait_wanted *wanted;
    const void *data;
    uintptr_t *found;
};

static bool is_wanted(const struct search *search, uintptr_t address)
{
    if (!address || !search->wanted(address, search->data))
        return false;
    *search->found = address;
    return true;
}

static bool copy(uintptr_t from, void *to, size_t size)
{
    return sys_copy_memory((const void *)from, to, size) == (ssize_t)size;
}

static bool find_in_pieces(uintptr_t list, size_t count, const struct search *search)
{
    struct iovec piece;
    for (size_t i = 0; i < count && i < LIST_MAX; i++) {
        if (!copy(list + i * sizeof piece, &piece, sizeof piece))
            return false;
        if (piece.iov_len > 0 && is_wanted(search, (uintptr_t)piece.iov_base))
            return true;
    }
    return false;
}

static bool find_in_message(uintptr_t at, const struct search *search)
{
    struct msghdr message;
    if (!copy(at, &message, sizeof message))
        return false;
    return is_wanted(search, (uintptr_t)message.msg_name) ||
           is_wanted(search, (uintptr_t)message.msg_control) ||
           is_wanted(search, (uintptr_t)message.msg_iov) ||
           find_in_pieces((uintptr_t)message.msg_iov, message.msg_iovlen, search);
}

static bool find_in_list(enum list list, const uintptr_t *arguments, const struct search *search)
{
    if (list == PIECES)
        return find_in_pieces(arguments[1], arguments[2], search);
    if (list == MESSAGE)
        return find_in_message(arguments[1], search);
    for (size_t i = 0; list == MESSAGES && i < arguments[2] && i < LIST_MAX; i++)
        if (find_in_message(arguments[1] + i * sizeof(struct mmsghdr), search))
            return true;
    return false;
}

/* Calls that wake others have the address of a futex, too, and do not wait. */
static bool find_futex(const uintptr_t *arguments, const struct search *search)
{
    switch (arguments[1] & (uintptr_t)FUTEX_CMD_MASK) {
    case FUTEX_WAIT_REQUEUE_PI:
        return is_wanted(search, arguments[0]) || is_wanted(search, arguments[4]);
    case FUTEX_WAIT:
    case FUTEX_WAIT_BITSET:
    case FUTEX_LOCK_PI:
    case FUTEX_LOCK_PI2:
        return is_wanted(search, arguments[0]);
    default:
        return false;
    }
}

bool wait_find(const struct thread_stack *at, wait_wanted *wanted, const void *data,
               uintptr_t *address)
{
    const struct search search = {wanted, data, address};
    const struct call *call = find_call(at->call);
    if (!call)
        return false;
    if (wait_is_futex(at->call))
        return find_futex(at->arguments, &search);
    for (unsigned i = 0; i < CALL_ARGUMENTS; i++)
        if (call->buffers & ARGUMENT(i) && is_wanted(&search, at->arguments[i]))
            return true;
    return find_in_list(call->list, at->arguments, &search);
}
