// SPDX-License-Identifier: MIT
/* Data that the program gives to the kernel for the entries of an epoll instance. */
#include "registry/epolls.h"
#include "interpose/descriptors.h"
#include "interpose/real.h"
#include "interpose/registering.h"

#include <sys/epoll.h>

/* After the call: the kernel has read the event. Programs call this for each event that they take,
 * so data that is no address of a module is left out early. */
static void note_entry(int epoll, int operation, int file, const struct epoll_event *event,
                       uintptr_t caller)
{
    uintptr_t identity = epoll_identity(epoll, file);
    epoll_note_known(epoll);
    registering_forget(REGISTERED_EPOLL, identity, false);
    if (operation == EPOLL_CTL_DEL || !epoll_data_is_address(file, event->data.u64))
        return;
    registering_prepare(&(struct registration_request){.type = REGISTERED_EPOLL,
                                                       .data = (uintptr_t)event->data.u64,
                                                       .identity = identity,
                                                       .caller = caller});
}

EXPORT int epoll_ctl(int epoll, int operation, int file, struct epoll_event *event)
{
    real_need(real_epoll_ctl);
    int result = real_epoll_ctl(epoll, operation, file, event);
    if (result == 0) {
        note_entry(epoll, operation, file, event, CALLER());
        descriptors_used(file, CALLER());
    }
    return result;
}
