// SPDX-License-Identifier: MIT
#include "rules/registration_checks.h"
#include "base/guard.h"
#include "base/sys.h"
#include "modules/work.h"
#include "registry/async_io.h"
#include "registry/epolls.h"
#include "registry/libc_state.h"
#include "registry/signal_stacks.h"
#include "registry/threads.h"
#include "rules/passages.h"
#include "rules/rule.h"

/* The thread is found in use of the stack, as one is that returns into a module. */
static void apply_thread_stack(const struct registration *registration,
                               const struct module *closing, struct found *found)
{
    const struct thread *thread = thread_by_serial_locked(registration->identity);
    bool is_allocated = registration->block || registration->mapping;
    struct passage passage = {.module = registration->image,
                              .pc = registration->data,
                              .certain = true,
                              .stack_at = is_allocated ? PLACE_BLOCK : PLACE_IMAGE,
                              .stack = registration->stack};
    if (!thread || !thread_is_live(thread) ||
        (closing ? registration->image != closing : !module_is_unloaded(registration->image)))
        return;
    passage.tid = atomic_load(&thread->tid);
    found_apply(&(struct subject){.class = &frame_class,
                                  .closing = closing,
                                  .frame = {.passage = &passage, .thread = thread}},
                found);
}

/* `closing`: NULL, or the module that may be about to be unmapped. */
static void apply(const struct registration *registration, const struct module *closing,
                  struct found *found)
{
    if (registration->type == REGISTERED_THREAD_STACK)
        apply_thread_stack(registration, closing, found);
    else
        found_apply(&(struct subject){.class = &registration_class,
                                      .registration = registration,
                                      .closing = closing,
                                      .candidate = closing},
                    found);
}

/* For an address in libc's own state, which may have come at any time: no module may have this
 * address now. */
static struct module *last_owner(uintptr_t address)
{
    struct module *module = modules_find_last(address);
    if (!module || !modules_find(address))
        return module;
    module_unref(module);
    return NULL;
}

/* Where memory is mapped by now, the registration may mean this memory. */
static bool is_unreadable(uintptr_t address)
{
    char byte;
    return sys_read_memory((const void *)address, &byte, sizeof byte) < 0;
}

static bool check_variable(uintptr_t string, void *data)
{
    const struct registration *seen = registration_by_identity_locked(REGISTERED_VARIABLE, string);
    struct registration found = {
        .type = REGISTERED_VARIABLE, .data = string, .call = "the environment"};
    if (seen) {
        apply(seen, NULL, data);
        return false;
    }
    found.image = last_owner(string);
    if (found.image && is_unreadable(string))
        apply(&found, NULL, data);
    module_unref(found.image);
    return false;
}

void found_environment_locked(bool unseen, struct found *found)
{
    struct registration list = {.type = REGISTERED_ENVIRON, .data = environment_list()};
    if (unseen || registrations[REGISTERED_VARIABLE])
        environment_each(check_variable, found);
    list.image = last_owner(list.data);
    if (list.image && is_unreadable(list.data))
        apply(&list, NULL, found);
    module_unref(list.image);
}

static bool check_entry(const struct epoll_entry *entry, void *data)
{
    const struct registration *each = registrations[REGISTERED_EPOLL];
    struct registration unseen = {.type = REGISTERED_EPOLL,
                                  .identity = (uintptr_t)(uint32_t)entry->file,
                                  .data = entry->data};
    if (!epoll_data_is_address(entry->file, entry->data))
        return false;
    for (; each; each = each->next)
        if ((uint32_t)each->identity == (uint32_t)entry->file && each->data == entry->data)
            return false;
    unseen.image = last_owner(entry->data);
    if (unseen.image && is_unreadable(entry->data))
        apply(&unseen, NULL, data);
    module_unref(unseen.image);
    return false;
}

/* A server may have ten thousand entries: of each instance only so much is read. */
void found_epolls_locked(struct found *found)
{
    enum { MOST = 64 << 10 };
    epolls_each_entry(MOST, check_entry, found);
}

static void check_handlers_locked(struct found *found)
{
    struct registration handler = {.type = REGISTERED_HANDLER};
    for (unsigned i = 0; libc_handler_locked(i, &handler.call, &handler.functions[0].pc); i++) {
        handler.identity = i;
        handler.functions[0].module = last_owner(handler.functions[0].pc);
        if (handler.functions[0].module && is_unreadable(handler.functions[0].pc))
            apply(&handler, NULL, found);
        module_unref(handler.functions[0].module);
    }
}

/* Checks the signal stack that the calling thread set past us: no other thread can ask for it. The
 * thread's number in the kernel identifies it. */
static void check_signal_stack_locked(struct found *found)
{
    uintptr_t start = signal_stack_own();
    struct module *image = start ? last_owner(start) : NULL;
    struct registration unseen = {.type = REGISTERED_SIGNAL_STACK,
                                  .identity = (uintptr_t)sys_gettid(),
                                  .data = start,
                                  .image = image};
    const struct registration *seen =
        guard.self ? registration_by_identity_locked(REGISTERED_SIGNAL_STACK, guard.self->serial)
                   : NULL;
    if (image && is_unreadable(start) && (!seen || seen->data != start))
        apply(&unseen, NULL, found);
    module_unref(image);
}

/* A timer may expire, a request end, a notification come, a thread continue, between the last
 * destructor and the unmapping. */
static void check_closing_locked(const struct module *module, struct found *found)
{
    static const enum registration_type types[] = {REGISTERED_TIMER, REGISTERED_QUEUE,
                                                   REGISTERED_LOOKUP, REGISTERED_ASYNC_IO,
                                                   REGISTERED_THREAD_STACK};
    async_io_ask_locked();
    for (unsigned i = 0; i < ARRAY_SIZE(types); i++)
        for (struct registration *each = registrations[types[i]]; each; each = each->next)
            if (registration_is_live(each))
                apply(each, module, found);
}

static void check_all_locked(struct found *found)
{
    for (unsigned type = 0; type < REGISTRATION_TYPES; type++)
        for (struct registration *each = registrations[type]; each; each = each->next) {
            if (!registration_is_left(each))
                continue;
            work_note(WORK_REGISTRATIONS); /* it still is at the next check */
            if (type != REGISTERED_VARIABLE && registration_is_live(each))
                apply(each, NULL, found);
        }
}

void found_registrations_locked(const struct module *closing, struct found *found)
{
    if (closing) {
        check_closing_locked(closing, found);
        return;
    }
    if (work_take(WORK_REGISTRATIONS)) /* there are many, and most unloads leave none of them */
        check_all_locked(found);
    check_handlers_locked(found);
    check_signal_stack_locked(found);
}
