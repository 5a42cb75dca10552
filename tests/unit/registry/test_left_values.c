// SPDX-License-Identifier: MIT
#include "base/dropped.h"
#include "base/guard.h"
#include "registry/heap.h"
#include "registry/left_values.h"
#include "support.h"

#include <pthread.h>
#include <string.h>

enum { KEY = 5, SITE = 2 };

static unsigned seen, blocks;
static struct left_values last;
static uintptr_t first_value;

static void look(struct left_values *left, void *data)
{
    seen++;
    last = *left;
    blocks = left->count;
    first_value = left->blocks[0].value;
}

static void look_at_all(void)
{
    seen = blocks = 0;
    left_values_each_locked(look, NULL);
}

static struct left_values deleted(uint32_t serial)
{
    return (struct left_values){
        .serial = serial, .number = KEY, .was = {.generation = keys[KEY].generation}};
}

static void start(void)
{
    support_start();
    keys[KEY].generation = 1;
    keys_end = KEY + 1;
}

static bool note(uint32_t serial)
{
    struct left_values now = deleted(serial);
    return left_values_note(&now);
}

Test(left_values, only_live_blocks_are_left_behind)
{
    static int variable;
    start();
    cr_assert_not(note(1), "no thread has a value");
    thread_set_value(KEY, &variable, 0);
    cr_assert_not(note(2), "a static needs no release");
    void *block = support_block(32, SITE);
    thread_set_value(KEY, (char *)block + 8, 0);
    cr_assert(note(3));
    look_at_all();
    cr_assert_eq(seen, 1);
    cr_assert_eq(last.serial, 3);
    cr_assert_eq(first_value, (uintptr_t)block + 8, "as the thread has it");
    cr_assert_neq(last.thread_name[0], '\0');
    keys[KEY].generation = 3;
    cr_assert_not(note(4), "the value is of an earlier creation of the key");
}

Test(left_values, ignored_ones)
{
    start();
    void *block = support_block(32, SITE);
    thread_set_value(KEY, block, 0);
    struct left_values ignored = deleted(1);
    ignored.was.ignored = true;
    cr_assert_not(left_values_note(&ignored));
    guard.ignoring = 1;
    thread_set_value(KEY, block, 0);
    cr_assert_not(note(2));
    cr_assert_not(left_values_any());
}

Test(left_values, a_freed_block_is_none)
{
    start();
    void *block = support_block(32, SITE);
    struct module *owner = support_module("owner", 1, MODULE_LOADED);
    uint32_t references = owner->references;
    thread_set_value(KEY, block, 0);
    struct left_values now = deleted(1);
    now.was.owner = module_ref(owner);
    cr_assert(left_values_note(&now));
    cr_assert(left_values_find_locked(1) != NULL);
    cr_assert(left_values_find_locked(2) == NULL);
    heap_forget(block);
    heap_note(block, 32, SITE + 1);
    cr_assert(left_values_find_locked(1) == NULL, "another block is there");
    cr_assert(left_values_any(), "until they are examined");
    look_at_all();
    cr_assert_eq(seen, 0);
    cr_assert_not(left_values_any());
    cr_assert_eq(owner->references, references);
}

struct other {
    pthread_barrier_t barrier;
    void *block;
};

static void *other_thread(void *data)
{
    struct other *other = data;
    thread_set_value(KEY, other->block, 0);
    pthread_barrier_wait(&other->barrier);
    pthread_barrier_wait(&other->barrier);
    return NULL;
}

Test(left_values, the_rest_counts_when_some_are_freed)
{
    struct other other = {.block = support_block(32, SITE)};
    void *own = support_block(32, SITE);
    pthread_t thread;
    start();
    thread_set_value(KEY, own, 0);
    pthread_barrier_init(&other.barrier, NULL, 2);
    pthread_create(&thread, NULL, other_thread, &other);
    pthread_barrier_wait(&other.barrier);
    cr_assert(note(1));
    look_at_all();
    cr_assert_eq(blocks, 2);
    uintptr_t first = first_value;
    heap_forget((void *)first);
    look_at_all();
    cr_assert_eq(blocks, 1);
    cr_assert_neq(first_value, first);
    cr_assert_eq(last.thread_name[0], '\0', "the name was the other thread's");
    cr_assert(left_values_find_locked(1) != NULL);
    pthread_barrier_wait(&other.barrier);
    pthread_join(thread, NULL);
    look_at_all();
    cr_assert_eq(blocks, 1, "no thread's end frees it");
}

Test(left_values, more_than_there_is_room_for)
{
    enum { MANY = 4096 };
    start();
    thread_set_value(KEY, support_block(32, SITE), 0);
    for (uint32_t serial = 1; serial <= MANY; serial++)
        cr_assert(note(serial));
    cr_assert_eq(dropped[DROP_FINDING], 0);
    cr_assert_not(note(MANY + 1));
    cr_assert_eq(dropped[DROP_FINDING], 1);
    look_at_all();
    cr_assert_eq(seen, MANY);
}
