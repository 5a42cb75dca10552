// SPDX-License-Identifier: MIT
/*
 * Requests of asynchronous I/O (aio_read and its like). A helper thread of libc reads the control
 * block and uses the buffer until the request is over; then it writes the result into the control
 * block, and gives the notification. Each of the three that lies in a module, or in a block of one,
 * is a registration whose identity is the address of the control block; what lies in one module is
 * one registration.
 *
 * The control block says if the request is in flight, as long as it is mapped. Once its module, or
 * that of a function to call, is unloaded, the end of the request kills the process: then the
 * answer is what the control block said when a module was last closed.
 */
#ifndef DLPIN_REGISTRY_ASYNC_IO_H
#define DLPIN_REGISTRY_ASYNC_IO_H

#include "registry/registrations.h"

#include <aio.h>

/* The call that makes a request. */
struct async_call {
    const char *function;
    uintptr_t caller; /* return address */
    bool has_no_buffer;
    bool is_in_list;                /* of lio_listio: the control block says what is to be done */
    const struct sigevent *of_list; /* the notification when all of the list are over, or NULL */
};

/* Before libc gets the request: later it may be over, and its memory freed. Takes the registry
 * lock. */
void async_io_begins(const struct aiocb *block, const struct async_call *call);

/* True if the control block can be read, and says that its request is over. Lock-free. */
bool async_io_is_over(const struct aiocb *block);

/* Before a module is unmapped, and after a call that may end several requests: asks the control
 * blocks. The first takes the registry lock, the second is called under it. */
void async_io_ask(void);
void async_io_ask_locked(void);

/* True if the request is in flight, as far as that is known. Under the registry lock. */
bool async_io_is_in_flight(const struct registration *registration);

/* True if a request that is in flight has this buffer; has this in its control block. Under the
 * registry lock. */
bool async_io_has_buffer_locked(uintptr_t buffer);
bool async_io_has_slot_locked(uintptr_t slot);

#endif
