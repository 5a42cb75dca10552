// SPDX-License-Identifier: MIT
/* Requests of asynchronous I/O, with control blocks as libc fills them in. */
#include "registry/async_io.h"
#include "registry/libc_state.h"
#include "support.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

static struct aiocb of_host;
static char buffer_of_host[16];

static const struct async_call a_read = {.function = "aio_read"};

static void fill(struct aiocb *block, int state, void *buffer)
{
    *block = (struct aiocb){.aio_buf = buffer, .aio_nbytes = 1, .__error_code = state};
    block->aio_sigevent.sigev_notify = SIGEV_NONE;
}

/* Nobody calls it. */
static void (*call_of(const struct plugin *plugin))(union sigval)
{
    return (void (*)(union sigval))(uintptr_t)plugin->call;
}

static struct aiocb *block_in(const struct plugin *plugin)
{
    return (struct aiocb *)plugin->data;
}

static const struct registration *first(void)
{
    return registrations[REGISTERED_ASYNC_IO];
}

static bool ask(void)
{
    async_io_ask();
    return first() && async_io_is_in_flight(first());
}

Test(async_io, control_blocks_say_if_it_is_over)
{
    void *nowhere = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    support_start();
    fill(&of_host, EINPROGRESS, NULL);
    cr_assert_not(async_io_is_over(&of_host));
    of_host.__error_code = ECANCELED;
    cr_assert(async_io_is_over(&of_host));
    cr_assert_not(async_io_is_over(nowhere), "nobody knows");
    async_io_begins(nowhere, &a_read);
    cr_assert_null(first());
}

Test(async_io, parts_in_one_module_are_one)
{
    support_start();
    struct plugin plugin = support_open("plugin");
    fill(&of_host, EINPROGRESS, buffer_of_host);
    async_io_begins(&of_host, &a_read);
    cr_assert_null(first(), "all of it is the host's");

    fill(&of_host, EINPROGRESS, plugin.data);
    async_io_begins(&of_host, &a_read);
    cr_assert_eq(registrations_count(REGISTERED_ASYNC_IO), 1);
    cr_assert_str_eq(first()->name, "buffer");
    cr_assert_eq(first()->image, plugin.module);
    registration_forget(REGISTERED_ASYNC_IO, (uintptr_t)&of_host, true);

    fill(block_in(&plugin), EINPROGRESS, plugin.data);
    async_io_begins(block_in(&plugin), &a_read);
    cr_assert_eq(registrations_count(REGISTERED_ASYNC_IO), 1);
    cr_assert_str_eq(first()->name, "control block");
    registration_forget(REGISTERED_ASYNC_IO, (uintptr_t)plugin.data, true);

    block_in(&plugin)->aio_sigevent.sigev_notify = SIGEV_THREAD;
    block_in(&plugin)->aio_sigevent.sigev_notify_function = call_of(&plugin);
    async_io_begins(block_in(&plugin), &a_read);
    cr_assert_eq(registrations_count(REGISTERED_ASYNC_IO), 1);
    cr_assert_str_eq(first()->name, "notification");
    cr_assert_eq(first()->functions[0].module, plugin.module);
}

Test(async_io, parts_in_two_modules_are_two)
{
    support_start();
    struct plugin plugin = support_open("plugin"), other = support_open("through");
    fill(block_in(&plugin), EINPROGRESS, other.data);
    async_io_begins(block_in(&plugin), &a_read);
    cr_assert_eq(registrations_count(REGISTERED_ASYNC_IO), 2);
    cr_assert_eq(first()->image, other.module);
    cr_assert_eq(first()->next->image, plugin.module);
    cr_assert(async_io_has_buffer_locked((uintptr_t)other.data));
    cr_assert(async_io_has_slot_locked((uintptr_t)&block_in(&plugin)->aio_buf));
    cr_assert_not(async_io_has_slot_locked((uintptr_t)(block_in(&plugin) + 1)));
    block_in(&plugin)->__error_code = 0;
    cr_assert_not(async_io_has_buffer_locked((uintptr_t)other.data), "it is over");
}

Test(async_io, operations_without_a_buffer)
{
    const struct async_call sync = {.function = "aio_fsync", .has_no_buffer = true},
                            in_list = {.function = "lio_listio", .is_in_list = true};
    support_start();
    struct plugin plugin = support_open("plugin");
    fill(&of_host, EINPROGRESS, plugin.data);
    async_io_begins(&of_host, &sync);
    of_host.aio_lio_opcode = LIO_NOP;
    async_io_begins(&of_host, &in_list);
    cr_assert_null(first());
    of_host.aio_lio_opcode = LIO_WRITE;
    async_io_begins(&of_host, &in_list);
    cr_assert_str_eq(first()->call, "lio_listio");
}

Test(async_io, both_notifications_of_a_list)
{
    struct sigevent event = {.sigev_notify = SIGEV_THREAD};
    support_start();
    struct plugin plugin = support_open("plugin"), other = support_open("through");
    event.sigev_notify_function = call_of(&other);
    fill(&of_host, EINPROGRESS, buffer_of_host);
    of_host.aio_sigevent = event;
    of_host.aio_sigevent.sigev_notify_function = call_of(&plugin);
    async_io_begins(&of_host, &(struct async_call){.function = "aio_read", .of_list = &event});
    cr_assert_eq(first()->functions[0].module, plugin.module);
    cr_assert_eq(first()->functions[1].module, other.module);
}

/* Nobody can ask a control block that is unmapped, or where the next load lies. */
Test(async_io, stays_as_it_was_at_the_unload)
{
    for (int state = 0; state <= EINPROGRESS; state += EINPROGRESS) {
        support_start();
        struct plugin plugin = support_open("plugin");
        fill(block_in(&plugin), EINPROGRESS, buffer_of_host);
        async_io_begins(block_in(&plugin), &a_read);
        cr_assert(ask());
        block_in(&plugin)->__error_code = state;
        cr_assert_eq(ask(), state == EINPROGRESS);
        support_close(&plugin);
        cr_assert_eq(ask(), state == EINPROGRESS);
        plugin = support_open("plugin");
        memset(plugin.data, 0, sizeof(struct aiocb));
        cr_assert_eq(ask(), state == EINPROGRESS, "another load");
        support_close(&plugin);
        if (first())
            registration_forget(REGISTERED_ASYNC_IO, first()->identity, false);
    }
}

Test(async_io, an_unload_that_was_not_seen_is_no_evidence)
{
    support_start();
    struct plugin plugin = support_open("plugin");
    fill(block_in(&plugin), EINPROGRESS, buffer_of_host);
    async_io_begins(block_in(&plugin), &a_read);
    support_close(&plugin);
    cr_assert_not(ask());
}

Test(async_io, those_that_are_over_are_not_kept)
{
    enum { MANY = 1000, BLOCKS = 256 };
    static struct aiocb blocks[BLOCKS];
    support_start();
    struct plugin plugin = support_open("plugin");
    for (unsigned i = 0; i < MANY; i++) {
        struct aiocb *block = &blocks[i % BLOCKS];
        fill(block, i % 100 ? 0 : EINPROGRESS, plugin.data);
        async_io_begins(block, &a_read);
    }
    unsigned in_flight = 0;
    for (const struct registration *each = first(); each; each = each->next)
        in_flight += async_io_is_in_flight(each);
    cr_assert(in_flight > 0);
    cr_assert(registrations_count(REGISTERED_ASYNC_IO) < MANY / 4);
}

Test(async_io, a_child_has_none)
{
    support_start();
    struct plugin plugin = support_open("plugin");
    fill(block_in(&plugin), EINPROGRESS, buffer_of_host);
    async_io_begins(block_in(&plugin), &a_read);
    cr_assert(registration_is_live(first()));
    registrations_fork_child();
    cr_assert_not(registration_is_live(first()));
}
