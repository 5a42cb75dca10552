// SPDX-License-Identifier: MIT
#include "modules/agenda.h"
#include "base/guard.h"
#include "support.h"

#include <pthread.h>

enum { FIRST = 0x100, SECOND = 0x200, MANY = 0x1000 }; /* addresses, in 64 KB */

static struct module *unloaded(uint32_t number)
{
    return support_module("gone.so", number, MODULE_UNLOADED);
}

struct seen {
    unsigned count, works;
    uint32_t ids[AGENDA_MAX];
    unsigned is_done; /* of each entry, when it was seen */
};

static unsigned see(struct agenda_entry *entry, void *data)
{
    struct seen *seen = data;
    seen->works |= entry->works;
    seen->ids[seen->count++] = entry->module->id;
    return seen->is_done;
}

static struct seen seen;

static unsigned entries(unsigned works, unsigned is_done)
{
    seen = (struct seen){.is_done = is_done};
    cr_assert(agenda_each(works, see, &seen));
    return seen.count;
}

TestSuite(agenda, .init = support_start);

Test(agenda, a_module_has_one_entry)
{
    struct module *module = unloaded(FIRST);
    agenda_add(module, WORK_MEMORY);
    agenda_add(module, WORK_STACKS);
    cr_assert_eq(entries(WORK_MEMORY, 0), 1);
    cr_assert_eq(seen.works, WORK_MEMORY | WORK_STACKS);
    cr_assert_eq(module->references, 1);
}

Test(agenda, an_entry_ends_with_its_last_work)
{
    struct module *module = unloaded(FIRST);
    agenda_add(module, WORK_MEMORY | WORK_STACKS);
    cr_assert_eq(entries(WORK_MEMORY, WORK_MEMORY), 1);
    cr_assert(work_any(WORK_STACKS) && !work_any(WORK_MEMORY));
    cr_assert_eq(entries(WORK_MEMORY, WORK_MEMORY), 0);
    cr_assert_eq(module->references, 1);
    agenda_remove(module, WORK_STACKS);
    cr_assert_not(work_any(WORK_STACKS));
    cr_assert_eq(module->references, 0);
}

Test(agenda, the_youngest_comes_first)
{
    agenda_add(unloaded(FIRST), WORK_MEMORY);
    agenda_add(unloaded(SECOND), WORK_MEMORY);
    agenda_add(unloaded(FIRST + 1), WORK_STACKS);
    cr_assert_eq(entries(WORK_MEMORY, 0), 2);
    cr_assert_eq(seen.ids[0], SECOND);
    cr_assert_eq(seen.ids[1], FIRST);
}

Test(agenda, two_at_one_place_with_the_same_work)
{
    struct module *old = unloaded(FIRST), *young = unloaded(FIRST);
    agenda_add(old, WORK_STACKS);
    cr_assert_not(agenda_is_ambiguous_locked(old, WORK_STACKS), "alone");
    agenda_add(young, WORK_MEMORY);
    cr_assert_not(agenda_is_ambiguous_locked(old, WORK_STACKS), "the other has other work");
    agenda_add(young, WORK_STACKS);
    cr_assert(agenda_is_ambiguous_locked(old, WORK_STACKS));
}

static void add_alone(struct module *module, unsigned works)
{
    cr_assert(lock_acquire(&changes_lock));
    agenda_add_alone_locked(module, works);
    lock_release(&changes_lock);
}

/* The younger one has the range, and would lose it to one that comes after it. */
Test(agenda, one_that_is_scanned_for_again_takes_no_range)
{
    struct module *old = unloaded(FIRST), *young = unloaded(FIRST);
    struct plugin plugin = support_open("plugin");
    agenda_add(young, WORK_MEMORY);
    add_alone(old, WORK_UNSETTLED);
    cr_assert_eq(entries(WORK_SCAN, 0), 1);
    add_alone(young, WORK_UNSETTLED);
    cr_assert_eq(entries(WORK_UNSETTLED, 0), 1);
    agenda_remove(young, WORK_SCAN);
    add_alone(plugin.module, WORK_UNSETTLED);
    cr_assert_eq(entries(WORK_SCAN, 0), 0);
    add_alone(old, WORK_UNSETTLED);
    cr_assert_eq(entries(WORK_SCAN, 0), 1);
}

static void fill(unsigned count)
{
    for (uint32_t i = 0; i < count; i++)
        agenda_add(unloaded(MANY + i), WORK_MEMORY);
    cr_assert_eq(agenda_gaps.missed + agenda_gaps.reused, 0);
}

Test(agenda, of_too_many_the_oldest_is_dropped)
{
    fill(AGENDA_MAX);
    agenda_add(unloaded(SECOND), WORK_MEMORY);
    cr_assert_eq(agenda_gaps.missed, 1);
    cr_assert_eq(entries(WORK_MEMORY, 0), AGENDA_MAX);
    cr_assert_eq(seen.ids[0], SECOND);
    for (unsigned i = 1; i < AGENDA_MAX; i++)
        cr_assert_eq(seen.ids[i], MANY + AGENDA_MAX - i, "%u", i);
}

/* Where one plug-in is loaded again and again, the list stays short. */
Test(agenda, the_younger_of_two_at_one_place_has_it)
{
    struct module *old = unloaded(FIRST), *young = unloaded(FIRST);
    agenda_add(old, WORK_MEMORY | WORK_WALK | WORK_STACKS);
    agenda_add(young, WORK_MEMORY);
    cr_assert_eq(agenda_gaps.reused, 1);
    cr_assert_eq(entries(WORK_SCAN, 0), 1);
    cr_assert_eq(seen.works, WORK_MEMORY);
    cr_assert_eq(entries(WORK_STACKS, 0), 1, "stacks were not searched for the older one");
}

Test(agenda, of_too_many_those_go_first_that_nothing_can_be_said_of)
{
    enum { COVERED = 7 };
    struct plugin plugin = support_open("plugin");
    struct module *covered = unloaded(MANY + COVERED);
    fill(COVERED);
    covered->start = plugin.module->start;
    covered->end = plugin.module->end;
    agenda_add(covered, WORK_MEMORY);
    for (uint32_t i = COVERED + 1; i < AGENDA_MAX; i++)
        agenda_add(unloaded(MANY + i), WORK_MEMORY);
    agenda_add(unloaded(SECOND), WORK_MEMORY);
    cr_assert_eq(agenda_gaps.reused, 1);
    cr_assert_eq(agenda_gaps.missed, 0);
    cr_assert_eq(entries(WORK_MEMORY, 0), AGENDA_MAX);
    cr_assert_eq(seen.ids[0], SECOND);
    for (unsigned i = 0; i < AGENDA_MAX; i++)
        cr_assert_neq(seen.ids[i], MANY + COVERED);
    cr_assert_eq(seen.ids[AGENDA_MAX - 1], MANY);
}

Test(agenda, work_of_the_process)
{
    cr_assert_not(work_any(WORK_UNSEEN));
    work_note(WORK_UNSEEN | WORK_RECORDS);
    cr_assert(work_any(WORK_UNSEEN));
    cr_assert(work_take(WORK_UNSEEN));
    cr_assert_not(work_take(WORK_UNSEEN));
    cr_assert(work_any(WORK_RECORDS), "other work is not taken");
}

static void *close_another(void *module)
{
    agenda_add(module, WORK_CLOSING);
    return NULL;
}

static void close_in_another_thread(struct module *module)
{
    pthread_t thread;
    pthread_create(&thread, NULL, close_another, module);
    pthread_join(thread, NULL);
}

Test(closing, is_of_a_thread)
{
    struct module *first = unloaded(FIRST), *second = unloaded(SECOND);
    support_start();
    close_in_another_thread(first);
    cr_assert_null(agenda_take_closing());
    agenda_add(first, WORK_CLOSING);
    agenda_add(second, WORK_CLOSING);
    cr_assert_eq(agenda_take_closing(), second);
    cr_assert_eq(agenda_take_closing(), first);
    cr_assert_null(agenda_take_closing());
    cr_assert(work_any(WORK_CLOSING), "the other thread's");
}

/* The module that was being unloaded before the fork is unloaded in the parent. */
Test(closing, goes_on_in_a_fork_child)
{
    struct module *first = unloaded(FIRST), *second = unloaded(SECOND);
    support_start();
    close_in_another_thread(second);
    agenda_add(first, WORK_CLOSING);
    agenda_add(first, WORK_RETAINED);
    agenda_add(second, WORK_MEMORY);
    agenda_fork_child();
    cr_assert_not(work_any(WORK_MEMORY | WORK_RETAINED));
    cr_assert_eq(agenda_take_closing(), first);
    cr_assert_not(work_any(WORK_CLOSING));
}
