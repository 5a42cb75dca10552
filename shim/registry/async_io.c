// SPDX-License-Identifier: MIT
#include "registry/async_io.h"
#include "base/sys.h"

#include <errno.h>
#include <string.h>

/* The notification, the control block, the buffer: in this order, because the first two kill the
 * process, and a call is what people search for. */
enum { PARTS = 3 };

/* Memory that another thread may unmap. */
static bool read_state(const struct aiocb *block, int *state)
{
    return sys_copy_memory(&block->__error_code, state, sizeof *state) == (ssize_t)sizeof *state;
}

bool async_io_is_over(const struct aiocb *block)
{
    int state;
    return read_state(block, &state) && state != EINPROGRESS;
}

/* Its end does not make good what it does then. */
static bool ends_in_unloaded(const struct registration *registration)
{
    bool unloaded = module_is_unloaded(registration->home);
    for (unsigned i = 0; i < REGISTRATION_FUNCTIONS; i++)
        unloaded |= module_is_unloaded(registration->functions[i].module);
    return unloaded;
}

bool async_io_is_in_flight(const struct registration *registration)
{
    int state;
    if (ends_in_unloaded(registration))
        return registration->in_flight;
    return read_state((const struct aiocb *)registration->identity, &state) && state == EINPROGRESS;
}

void async_io_ask_locked(void)
{
    struct registration *each = registrations[REGISTERED_ASYNC_IO];
    for (; each; each = each->next)
        each->in_flight = async_io_is_in_flight(each);
}

void async_io_ask(void)
{
    if (!lock_acquire(&registry_lock))
        return;
    async_io_ask_locked();
    lock_release(&registry_lock);
}

bool async_io_has_buffer_locked(uintptr_t buffer)
{
    const struct registration *each = registrations[REGISTERED_ASYNC_IO];
    while (each && (each->argument != buffer || !async_io_is_in_flight(each)))
        each = each->next;
    return each;
}

static void add_notification(struct registration_request *request, const struct sigevent *event)
{
    if (!event || event->sigev_notify != SIGEV_THREAD)
        return;
    bool is_second = request->functions[0];
    request->functions[is_second] = (uintptr_t)event->sigev_notify_function;
    *(is_second ? &request->other : &request->data) = (uintptr_t)event->sigev_value.sival_ptr;
}

static bool names(const struct registration *registration, const struct module *module)
{
    bool named = registration->image == module && !registration->block;
    for (unsigned i = 0; i < REGISTRATION_FUNCTIONS; i++)
        named |= registration->functions[i].module == module;
    return named;
}

/* A part in a module that another part names already says nothing new. */
static bool is_new(struct registration *const parts[PARTS], unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        if (parts[i] && names(parts[i], parts[count]->image))
            return false;
    return true;
}

bool async_io_has_slot_locked(uintptr_t slot)
{
    const struct registration *each = registrations[REGISTERED_ASYNC_IO];
    while (each && (slot - each->identity >= sizeof(struct aiocb) || !async_io_is_in_flight(each)))
        each = each->next;
    return each;
}

/* Requests of which the program only awaits the notification: nobody says that they are over. */
static void remove_over(void)
{
    enum { FEW = 64 };
    static _Atomic unsigned enough = FEW;
    if (registrations_count(REGISTERED_ASYNC_IO) < enough)
        return;
    registrations_keep(REGISTERED_ASYNC_IO, async_io_is_in_flight);
    unsigned left = registrations_count(REGISTERED_ASYNC_IO);
    enough = left < FEW ? 2 * FEW : 2 * left;
}

void async_io_begins(const struct aiocb *block, const struct async_call *call)
{
    static const char *const part_names[PARTS] = {"notification", "control block", "buffer"};
    struct aiocb control;
    struct registration *parts[PARTS];
    if (sys_copy_memory(block, &control, sizeof control) != (ssize_t)sizeof control ||
        (call->is_in_list && control.aio_lio_opcode == LIO_NOP))
        return;
    remove_over();
    uintptr_t buffer = call->has_no_buffer ? 0 : (uintptr_t)control.aio_buf;
    struct registration_request requests[PARTS] = {
        {0}, {.data = (uintptr_t)block}, {.data = buffer}};
    add_notification(&requests[0], &control.aio_sigevent);
    add_notification(&requests[0], call->of_list);
    for (unsigned i = 0; i < PARTS; i++) {
        requests[i].type = REGISTERED_ASYNC_IO;
        requests[i].identity = (uintptr_t)block;
        requests[i].argument = buffer;
        requests[i].call = call->function;
        requests[i].caller = call->caller;
        requests[i].name = part_names[i];
        requests[i].name_length = strlen(part_names[i]);
        parts[i] = registration_prepare(&requests[i]);
        if (parts[i] && !is_new(parts, i)) {
            registration_remove(parts[i]);
            parts[i] = NULL;
        }
    }
}
