// SPDX-License-Identifier: MIT
/* Asynchronous I/O: requests that a helper thread of libc works on later. */
/* aio_read would be aio_read64. */
#undef _FILE_OFFSET_BITS

#include "registry/async_io.h"
#include "base/sys.h"
#include "interpose/real.h"
#include "interpose/registering.h"
#include "lifecycle/start.h"

#include <errno.h>

/* The functions for 64 bits have the same types in all but the name; the program's source has the
 * names without it. */
_Static_assert(sizeof(struct aiocb) == sizeof(struct aiocb64), "aiocb64 is another structure");

/* A request whose module is unloaded is not over when the next load uses the same address. */
static void is_over(const void *block)
{
    registering_forget(REGISTERED_ASYNC_IO, (uintptr_t)block, true);
}

static void begins(const void *block, const struct async_call *call)
{
    int saved_errno;
    is_over(block); /* the request that used this control block before */
    if (!lifecycle_enter(&saved_errno))
        return;
    async_io_begins(block, call);
    guard_leave(saved_errno);
}

static void may_be_over(const void *block)
{
    int saved_errno;
    if (!registrations_any(REGISTERED_ASYNC_IO) || !lifecycle_enter(&saved_errno))
        return;
    bool over = async_io_is_over(block);
    guard_leave(saved_errno);
    if (over)
        is_over(block);
}

static void some_may_be_over(void)
{
    int saved_errno;
    if (!registrations_any(REGISTERED_ASYNC_IO) || !lifecycle_enter(&saved_errno))
        return;
    async_io_ask();
    guard_leave(saved_errno);
}

/* The program's memory, as far as it can be read: a bad pointer is for libc to complain about. */
static bool read_program(const void *from, void *to, size_t size)
{
    int saved_errno;
    if (!lifecycle_enter(&saved_errno))
        return false;
    ssize_t length = sys_copy_memory(from, to, size);
    guard_leave(saved_errno);
    return length == (ssize_t)size;
}

/* An element of a list; NULL: there is none. */
static const void *element(const void *list, int index)
{
    const void *block;
    return read_program((const char *)list + sizeof block * (size_t)index, &block, sizeof block)
               ? block
               : NULL;
}

static void list_begins(int mode, const void *list, int count, const struct sigevent *event,
                        struct async_call call)
{
    struct sigevent of_list;
    if (mode == LIO_NOWAIT && event && read_program(event, &of_list, sizeof of_list))
        call.of_list = &of_list;
    for (int i = 0; i < count; i++) {
        const void *block = element(list, i);
        if (block)
            begins(block, &call);
    }
}

static void list_may_be_over(const void *list, int count)
{
    for (int i = 0; i < count && registrations_any(REGISTERED_ASYNC_IO); i++)
        may_be_over(element(list, i));
}

#define TRANSFER(name, type, call_name)                                                 \
    EXPORT int name(struct type *block)                                                 \
    {                                                                                   \
        REAL_LATE(name);                                                                \
        begins(block, &(struct async_call){.function = call_name, .caller = CALLER()}); \
        int error = real_##name(block);                                                 \
        if (error)                                                                      \
            is_over(block);                                                             \
        return error;                                                                   \
    }

TRANSFER(aio_read, aiocb, "aio_read")
TRANSFER(aio_read64, aiocb64, "aio_read")
TRANSFER(aio_write, aiocb, "aio_write")
TRANSFER(aio_write64, aiocb64, "aio_write")

#define SYNCHRONIZER(name, type, call_name)                                                   \
    EXPORT int name(int operation, struct type *block)                                        \
    {                                                                                         \
        REAL_LATE(name);                                                                      \
        begins(block, &(struct async_call){                                                   \
                          .function = call_name, .caller = CALLER(), .has_no_buffer = true}); \
        int error = real_##name(operation, block);                                            \
        if (error)                                                                            \
            is_over(block);                                                                   \
        return error;                                                                         \
    }

SYNCHRONIZER(aio_fsync, aiocb, "aio_fsync")
SYNCHRONIZER(aio_fsync64, aiocb64, "aio_fsync")

/* Where it fails, or is interrupted, some of the requests are in flight. */
#define LISTER(name, type, call_name)                                                            \
    EXPORT int name(int mode, struct type *const list[], int count, struct sigevent *event)      \
    {                                                                                            \
        REAL_LATE(name);                                                                         \
        list_begins(                                                                             \
            mode, list, count, event,                                                            \
            (struct async_call){.function = call_name, .caller = CALLER(), .is_in_list = true}); \
        int error = real_##name(mode, list, count, event);                                       \
        if (mode == LIO_WAIT || error)                                                           \
            list_may_be_over(list, count);                                                       \
        return error;                                                                            \
    }

LISTER(lio_listio, aiocb, "lio_listio")
LISTER(lio_listio64, aiocb64, "lio_listio")

/* By the answer: the program may free the control block as soon as it has it. */
#define STATE(name, type)                        \
    EXPORT int name(const struct type *block)    \
    {                                            \
        REAL_LATE(name);                         \
        int state = real_##name(block);          \
        if (state != EINPROGRESS && state != -1) \
            is_over(block);                      \
        return state;                            \
    }

STATE(aio_error, aiocb)
STATE(aio_error64, aiocb64)

#define RESULT(name, type)                  \
    EXPORT ssize_t name(struct type *block) \
    {                                       \
        REAL_LATE(name);                    \
        may_be_over(block);                 \
        return real_##name(block);          \
    }

RESULT(aio_return, aiocb)
RESULT(aio_return64, aiocb64)

#define WAITER(name, type)                                                                  \
    EXPORT int name(const struct type *const list[], int count, const struct timespec *end) \
    {                                                                                       \
        REAL_LATE(name);                                                                    \
        int error = real_##name(list, count, end);                                          \
        list_may_be_over(list, count);                                                      \
        return error;                                                                       \
    }

WAITER(aio_suspend, aiocb)
WAITER(aio_suspend64, aiocb64)

/* Without a control block: each request of the file. */
#define CANCELLER(name, type)                     \
    EXPORT int name(int file, struct type *block) \
    {                                             \
        REAL_LATE(name);                          \
        int result = real_##name(file, block);    \
        if (block)                                \
            may_be_over(block);                   \
        else                                      \
            some_may_be_over();                   \
        return result;                            \
    }

CANCELLER(aio_cancel, aiocb)
CANCELLER(aio_cancel64, aiocb64)
