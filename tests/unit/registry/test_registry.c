// SPDX-License-Identifier: MIT
#include "base/clock.h"
#include "base/dropped.h"
#include "base/guard.h"
#include "base/options.h"
#include "base/sys.h"
#include "modules/work.h"
#include "registry/heap.h"
#include "registry/registrations.h"
#include "registry/threads.h"
#include "scan/target.h"
#include "support.h"

#include <malloc.h>
#include <stdlib.h>

#include <dlfcn.h>
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

/* --- the heap map ------------------------------------------------------------------------- */

Test(heap, blocks_are_found_by_any_address_in_them)
{
    struct heap_block block;
    heap_init(true);
    char *p = support_block(100, 7);
    cr_assert_eq(heap_site(p), 7);
    cr_assert(heap_find((uintptr_t)p, &block));
    cr_assert_eq(block.start, (uintptr_t)p);
    cr_assert_eq(block.site, 7);
    cr_assert(block.size >= 100 && block.size < 132);
    cr_assert(heap_find((uintptr_t)p + 99, &block));
    cr_assert(heap_find((uintptr_t)p + block.size - 1, &block));
    cr_assert_not(heap_find((uintptr_t)p + block.size, &block), "behind it");
    cr_assert_not(heap_find((uintptr_t)p - 1, &block), "before it");
    heap_forget(p);
    cr_assert_eq(heap_site(p), 0);
    cr_assert_not(heap_find((uintptr_t)p, &block));
}

Test(heap, neighbours_are_told_apart)
{
    struct heap_block block;
    heap_init(true);
    char *first = support_block(24, 3), *second = first + 32;
    ((size_t *)(void *)first)[-1] = 32 | 1;
    ((size_t *)(void *)second)[-1] = 48 | 1;
    heap_note(second, HEAP_SIZE_UNKNOWN, 4);
    cr_assert(heap_find((uintptr_t)first + 23, &block) && block.site == 3);
    cr_assert(heap_find((uintptr_t)second, &block) && block.site == 4);
    cr_assert(heap_find((uintptr_t)second + 39, &block) && block.start == (uintptr_t)second);
    heap_forget(first);
    cr_assert_not(heap_find((uintptr_t)first, &block));
    cr_assert(heap_find((uintptr_t)second + 8, &block));
}

Test(heap, wherever_in_its_granule_a_block_starts)
{
    struct heap_block block;
    heap_init(true);
    char *base = support_block(4000, 0);
    for (size_t at = 0; at < 2048; at += 48) {
        char *p = base + at;
        ((size_t *)(void *)p)[-1] = 48 | 1;
        heap_note(p, HEAP_SIZE_UNKNOWN, (uint32_t)at + 1);
    }
    for (size_t at = 0; at < 2048; at += 48) {
        cr_assert_eq(heap_site(base + at), at + 1);
        cr_assert(heap_find((uintptr_t)base + at + 5, &block));
        cr_assert_eq(block.start, (uintptr_t)base + at);
    }
}

Test(heap, inside_a_large_block_up_to_some_kilobytes)
{
    struct heap_block block;
    heap_init(true);
    char *p = support_block(100000, 9);
    cr_assert(heap_find((uintptr_t)p + 4000, &block));
    cr_assert_eq(block.start, (uintptr_t)p);
    cr_assert_not(heap_find((uintptr_t)p + 90000, &block), "that far nobody looks");
}

/* malloc_usable_size is what the C library says itself of where the block ends. A sanitizer has
 * another allocator. */
#ifndef __SANITIZE_ADDRESS__
Test(heap, words_that_nobody_asked_for_are_not_scanned)
{
    struct heap_block block;
    heap_init(true);
    for (size_t size = 0; size < 300; size++) {
        char *p = malloc(size);
        heap_note(p, size, 7);
        cr_assert(heap_find((uintptr_t)p, &block));
        cr_assert_eq(block.start, (uintptr_t)p);
        cr_assert_eq(block.site, 7);
        cr_assert_eq(block.size, malloc_usable_size(p));
        cr_assert_eq(heap_asked_bytes(block.size, block.asked), size / 8 * 8, "of %zu bytes", size);
        heap_note(p, HEAP_SIZE_UNKNOWN, 7);
        cr_assert(heap_find((uintptr_t)p, &block));
        cr_assert_eq(heap_asked_bytes(block.size, block.asked), block.size);
        heap_forget(p);
        free(p);
    }
}

/* Where a block is cut out of a larger one that is too small to be divided, all is scanned. */
Test(heap, what_was_asked_for_is_always_scanned)
{
    struct heap_block block;
    heap_init(true);
    for (size_t size = 1; size < 3000; size += 7) {
        char *p = malloc(size + 40);
        p = realloc(p, size);
        heap_note(p, size, 7);
        cr_assert(heap_find((uintptr_t)p, &block));
        cr_assert_geq(heap_asked_bytes(block.size, block.asked), size / 8 * 8);
        heap_forget(p);
        free(p);
    }
}

Test(heap, with_another_allocator_all_is_scanned)
{
    struct heap_block block;
    heap_init(false);
    char *p = malloc(100);
    heap_note(p, 100, 7);
    cr_assert(heap_find_before((uintptr_t)p, 0, &block));
    cr_assert_eq(heap_asked_bytes(104, block.asked), 104);
    free(p);
}
#endif

Test(heap, odd_addresses)
{
    struct heap_block block;
    uintptr_t odd[] = {0, 1, 7, 8192, (uintptr_t)1 << 47, (uintptr_t)1 << 48, UINTPTR_MAX};
    heap_init(true);
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
        cr_assert_not(heap_find(odd[i], &block));
        cr_assert_eq(heap_site((void *)odd[i]), 0);
        heap_forget((void *)odd[i]);
    }
    heap_note((void *)UINTPTR_MAX, HEAP_SIZE_UNKNOWN, 5);
    cr_assert_eq(heap_site((void *)UINTPTR_MAX), 0);
    heap_note(support_block(10, 0), HEAP_SIZE_UNKNOWN, 0);
}

/* Addresses whose leaves would have one slot; nothing need be there. */
Test(heap, leaves_whose_slot_is_taken)
{
    enum { PLACES = 8 };
    const uintptr_t apart = (uintptr_t)HEAP_SLOTS << HEAP_LEAF_SHIFT, first = 0x123456780;
    unsigned before = heap_leaf_count();
    heap_init(true);
    for (uint32_t i = 0; i < PLACES; i++)
        heap_note((void *)(first + i * apart), HEAP_SIZE_UNKNOWN, i + 1);
    cr_assert_eq(heap_leaf_count(), before + PLACES);
    for (uint32_t i = 0; i < PLACES; i++) {
        cr_assert_eq(heap_site((void *)(first + i * apart)), i + 1);
        cr_assert_eq(heap_leaf_at(before + i).base,
                     (first + i * apart) >> HEAP_LEAF_SHIFT << HEAP_LEAF_SHIFT);
        cr_assert(heap_leaf_at(before + i).entries);
        cr_assert(!heap_fast_entry((void *)(first + i * apart)) == (i > 0), "only one is fast");
    }
    heap_forget((void *)(first + 3 * apart));
    cr_assert_eq(heap_site((void *)(first + 3 * apart)), 0);
    cr_assert_eq(heap_site((void *)(first + 4 * apart)), 5);
    cr_assert_eq(heap_site((void *)(first + PLACES * apart)), 0);
    heap_note((void *)(first + 3 * apart), HEAP_SIZE_UNKNOWN, 9);
    cr_assert_eq(heap_site((void *)(first + 3 * apart)), 9);
    cr_assert_eq(heap_leaf_count(), before + PLACES);
}

/* More of them than there is room for are dropped. */
Test(heap, too_many_leaves_whose_slot_is_taken)
{
    const uintptr_t apart = (uintptr_t)HEAP_SLOTS << HEAP_LEAF_SHIFT, first = 0x123456780;
    heap_init(true);
    for (uint32_t i = 0; i < 100; i++)
        heap_note((void *)(first + i * apart), HEAP_SIZE_UNKNOWN, i + 1);
    cr_assert_eq(heap_site((void *)first), 1);
    cr_assert_eq(heap_site((void *)(first + 64 * apart)), 65);
    cr_assert_eq(heap_site((void *)(first + 65 * apart)), 0);
    cr_assert_gt(atomic_load(&dropped[DROP_BLOCK]), 0);
}

Test(heap, other_allocators_have_smaller_blocks)
{
    struct heap_block block;
    heap_init(false);
    char *p = support_block(64, 0);
    for (uint32_t i = 0; i < 8; i++)
        heap_note(p + 8 * i, HEAP_SIZE_UNKNOWN, i + 1);
    for (uint32_t i = 0; i < 8; i++) {
        cr_assert_eq(heap_site(p + 8 * i), i + 1);
        cr_assert(heap_find((uintptr_t)p + 8 * i, &block));
        cr_assert_eq(block.start, (uintptr_t)p + 8 * i);
        cr_assert_eq(block.size, 0, "not known");
    }
    heap_forget(p + 8);
    cr_assert_eq(heap_site(p + 8), 0);
    cr_assert_eq(heap_site(p + 16), 3);
}

Test(heap, a_header_on_a_page_that_went_is_survived)
{
    struct heap_block block;
    heap_init(true);
    char *pages = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    heap_note(pages + 4096, HEAP_SIZE_UNKNOWN, 5);
    mprotect(pages, 4096, PROT_NONE);
    heap_find((uintptr_t)pages + 4096, &block);
    munmap(pages, 8192);
    heap_find((uintptr_t)pages + 4096 + 8, &block);
}

/* --- keys --------------------------------------------------------------------------------- */

struct creation {
    pthread_key_t number;
    void (*destructor)(void *);
    const pthread_key_t *variable;
};

static void create_key(void *data)
{
    const struct creation *creation = data;
    key_created(creation->number, creation->destructor, creation->variable);
}

static pthread_key_t own_variable;

Test(keys, creation_and_deletion)
{
    struct key was;
    support_start();
    struct plugin plugin = support_open("plugin");
    uint32_t before = plugin.module->references;
    plugin.call(create_key, &(struct creation){5, plugin.destructor, &own_variable});
    cr_assert(key_is_live(key_generation(5)));
    cr_assert_eq(keys[5].destructor.pc, (uintptr_t)plugin.destructor);
    cr_assert_eq(keys[5].destructor.module, plugin.module);
    cr_assert_eq(keys[5].owner, plugin.module);
    cr_assert_eq(keys[5].requester, plugin.module);
    cr_assert_eq(keys[5].stack->frames[0].module, plugin.module);
    cr_assert_eq(keys_live_locked(), 1);
    key_deleted(5, &was);
    cr_assert_eq(was.destructor.module, plugin.module);
    cr_assert_not(key_is_live(key_generation(5)));
    cr_assert_eq(keys_live_locked(), 0);
    key_release(&was);
    cr_assert_eq(plugin.module->references, before);
    key_deleted(5, &was);
    cr_assert_eq(was.generation, 0, "it was not live");
    key_release(&was);
}

Test(keys, a_key_is_whose_variable_holds_it)
{
    support_start();
    struct plugin plugin = support_open("plugin"), through = support_open("through");
    through.call(create_key, &(struct creation){6, NULL, (pthread_key_t *)plugin.key});
    cr_assert_eq(keys[6].owner, plugin.module);
    cr_assert_eq(keys[6].requester, through.module);
    cr_assert_eq(keys[6].destructor.pc, 0);
}

Test(keys, numbers_that_are_none)
{
    struct key was;
    support_start();
    key_created(KEYS_MAX, NULL, &own_variable);
    key_created(UINT32_MAX, NULL, &own_variable);
    key_deleted(KEYS_MAX, &was);
    cr_assert_eq(was.generation, 0);
    cr_assert_eq(key_generation(KEYS_MAX), 0);
    cr_assert_eq(dropped[DROP_KEY], 3);
    key_robbed(KEYS_MAX, NULL, 1);
    cr_assert_eq(key_robbed_owner_calls(KEYS_MAX, NULL), 0);
}

Test(keys, a_robbed_owner_is_told_once)
{
    struct module *owner = support_module("owner.so", 1, MODULE_LOADED);
    struct module *other = support_module("other.so", 2, MODULE_LOADED);
    key_robbed(9, owner, 33);
    cr_assert_eq(key_robbed_owner_calls(9, other), 0);
    cr_assert_eq(key_robbed_owner_calls(9, NULL), 0);
    cr_assert_eq(key_robbed_owner_calls(9, owner), 33);
    cr_assert_eq(key_robbed_owner_calls(9, owner), 0);
    cr_assert_eq(owner->references, 0);
}

Test(keys, robbery_outlasts_the_next_key_of_that_number)
{
    struct key was;
    support_start();
    struct plugin plugin = support_open("plugin");
    struct module *owner = support_module("owner.so", 1, MODULE_LOADED);
    key_robbed(9, owner, 33);
    plugin.call(create_key, &(struct creation){9, NULL, &own_variable});
    cr_assert_eq(keys[9].robbed, owner);
    key_deleted(9, &was);
    key_release(&was);
    cr_assert_eq(key_robbed_owner_calls(9, owner), 33);
}

static struct {
    uintptr_t sequence;
    void (*destructor)(void *);
} libc_keys[KEYS_MAX];

Test(keys, libcs_table_is_taken_over)
{
    support_start();
    struct plugin plugin = support_open("plugin");
    keys_reconcile();
    keys_set_libc_table(libc_keys);
    for (unsigned i = 0; i < 3; i++)
        libc_keys[i].sequence = 2; /* the first that is free is taken */
    libc_keys[3].sequence = 5;
    libc_keys[3].destructor = plugin.destructor;
    libc_keys[4].sequence = 1;
    keys_reconcile();
    cr_assert(key_is_live(key_generation(3)) && key_is_live(key_generation(4)));
    cr_assert_eq(keys[3].owner, plugin.module);
    cr_assert_eq(keys[3].destructor.pc, (uintptr_t)plugin.destructor);
    cr_assert_null(keys[4].owner);
    cr_assert_null(keys[3].stack);
    libc_keys[3].sequence = 6;
    keys_reconcile();
    cr_assert_not(key_is_live(key_generation(3)));
    cr_assert_null(keys[3].owner);
    cr_assert_eq(keys_live_locked(), 1);
}

/* --- threads ------------------------------------------------------------------------------ */

struct start {
    uintptr_t routine, argument;
    struct thread *thread;
};

static void prepare(void *data)
{
    struct start *start = data;
    start->thread = thread_prepare(start->routine, start->argument);
}

/* What a program would hand to its thread: a page, and none behind it. Not on the stack, where a
 * sanitizer guards it. */
static uintptr_t *words(void)
{
    char *page = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    mprotect(page + 4096, 4096, PROT_NONE);
    return (uintptr_t *)(void *)page;
}

Test(threads, what_one_was_started_with)
{
    heap_init(true);
    support_start();
    struct plugin plugin = support_open("plugin");
    char *block = support_block(50, 12);
    struct start start = {(uintptr_t)plugin.routine, (uintptr_t)block, NULL};
    plugin.call(prepare, &start);
    struct thread *thread = start.thread;
    cr_assert_eq(thread->routine.module, plugin.module);
    cr_assert_eq(thread->routine.pc, (uintptr_t)plugin.routine);
    cr_assert_eq(thread->via.pc, 0);
    cr_assert_eq(thread->argument_site, 12);
    cr_assert_null(thread->argument_image);
    cr_assert_neq(thread->requester, plugin.module, "the owner is no requester of its own");
    cr_assert_eq(threads, thread);
    cr_assert(thread_is_live(thread), "about to start");
    thread_abandon(thread);
    cr_assert_null(threads);
}

Test(threads, an_argument_in_the_image)
{
    support_start();
    struct plugin plugin = support_open("plugin"), through = support_open("through");
    struct start start = {(uintptr_t)plugin.routine, (uintptr_t)&plugin.data[3], NULL};
    through.call(prepare, &start);
    cr_assert_eq(start.thread->argument_image, plugin.module);
    cr_assert_eq(start.thread->requester, through.module);
}

Test(threads, behind_a_trampoline)
{
    support_options("common=through.so");
    support_start();
    struct plugin plugin = support_open("plugin"), through = support_open("through");
    uintptr_t *argument = words();
    argument[0] = 1;
    argument[5] = (uintptr_t)plugin.routine;
    struct start start = {(uintptr_t)through.routine, (uintptr_t)argument, NULL};
    plugin.call(prepare, &start);
    cr_assert_eq(start.thread->routine.pc, (uintptr_t)plugin.routine);
    cr_assert_eq(start.thread->via.pc, (uintptr_t)through.routine);
    cr_assert_eq(start.thread->via.module, through.module);
}

Test(threads, data_of_the_plugin_is_no_routine)
{
    support_options("common=through.so");
    support_start();
    struct plugin plugin = support_open("plugin"), through = support_open("through");
    uintptr_t *argument = words();
    argument[1] = (uintptr_t)plugin.data;
    struct start start = {(uintptr_t)through.routine, (uintptr_t)argument, NULL};
    plugin.call(prepare, &start);
    cr_assert_eq(start.thread->routine.module, through.module);
    cr_assert_eq(start.thread->via.pc, 0);
    cr_assert_eq(start.thread->requester, plugin.module);
}

Test(threads, an_object_with_virtual_functions)
{
    support_options("common=through.so");
    support_start();
    struct plugin plugin = support_open("plugin"), through = support_open("through");
    uintptr_t *object = words();
    object[0] = (uintptr_t)plugin.data;
    plugin.data[0] = plugin.data[1] = (intptr_t)plugin.destructor;
    plugin.data[2] = (intptr_t)plugin.routine;
    struct start start = {(uintptr_t)through.routine, (uintptr_t)object, NULL};
    plugin.call(prepare, &start);
    cr_assert_eq(start.thread->routine.pc, (uintptr_t)plugin.routine);
}

Test(threads, arguments_that_cannot_be_read)
{
    support_options("common=through.so");
    support_start();
    struct plugin plugin = support_open("plugin"), through = support_open("through");
    uintptr_t odd[] = {0, 1, 42, UINTPTR_MAX, (uintptr_t)words() + 4096 - 8};
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
        struct start start = {(uintptr_t)through.routine, odd[i], NULL};
        plugin.call(prepare, &start);
        cr_assert_eq(start.thread->routine.pc, (uintptr_t)through.routine);
        thread_abandon(start.thread);
    }
}

static _Atomic bool go_on;

static void *live(void *data)
{
    thread_begin(data);
    cr_assert_eq(thread_self(), data);
    thread_set_value(7, (void *)0x1234, 3);
    while (!go_on)
        clock_pause_us(1000);
    thread_end(data);
    return NULL;
}

Test(threads, life)
{
    pthread_t id;
    support_start();
    struct plugin plugin = support_open("plugin");
    struct start start = {(uintptr_t)plugin.routine, 0, NULL};
    plugin.call(prepare, &start);
    struct thread *thread = start.thread;
    pthread_create(&id, NULL, live, thread);
    while (!thread_value(thread, 7) || !atomic_load(&thread_value(thread, 7)->pointer))
        clock_pause_us(1000);
    cr_assert(thread_is_live(thread) && !thread_is_gone(thread));
    threads_collect();
    cr_assert_eq(thread_by_serial_locked(thread->serial), thread);
    go_on = true;
    pthread_join(id, NULL);
    cr_assert_not(thread_is_live(thread));
    cr_assert(thread_is_gone(thread));
    threads_collect();
    cr_assert_null(threads);
    cr_assert_null(thread_by_serial_locked(1));
}

Test(threads, values)
{
    support_start();
    thread_set_value(3, NULL, 0);
    struct thread *self = thread_self();
    cr_assert_null(thread_value(self, 3), "nothing to keep");
    thread_set_value(3, (void *)0x10, 4);
    struct value *value = thread_value(self, 3);
    cr_assert_eq(value->pointer, (void *)0x10);
    cr_assert_eq(value->site, 4);
    cr_assert_eq(value->epoch, modules_epoch);
    thread_set_value(KEYS_MAX - 1, (void *)0x20, 4);
    cr_assert_eq(thread_value(self, KEYS_MAX - 1)->pointer, (void *)0x20);
    thread_set_value(3, NULL, 0);
    cr_assert_null(thread_value(self, 3)->pointer);
    thread_set_value(KEYS_MAX, (void *)1, 1);
    thread_set_value(UINT32_MAX, (void *)1, 1);
    cr_assert_eq(dropped[DROP_VALUE], 2);
}

Test(threads, names)
{
    char name[32];
    pthread_setname_np(pthread_self(), "a \"name\"");
    thread_name(sys_gettid(), name);
    cr_assert_str_eq(name, "a \"name\"");
    thread_name(0x3ffffff, name);
    cr_assert_str_empty(name);
}

Test(threads, only_the_calling_one_is_left_in_a_fork_child)
{
    support_start();
    struct plugin plugin = support_open("plugin");
    struct start start = {(uintptr_t)plugin.routine, 0, NULL};
    plugin.call(prepare, &start);
    struct thread *self = thread_self();
    thread_set_value(3, (void *)0x10, 4);
    pid_t child = fork();
    if (child == 0) {
        threads_fork_child();
        _exit(threads != self || self->next || self->tid != getpid() ||
              thread_value(self, 3)->pointer != (void *)0x10);
    }
    int status;
    waitpid(child, &status, 0);
    cr_assert_eq(status, 0);
}

/* --- what a word leads to ----------------------------------------------------------------- */

static void site(void *data)
{
    *(uint32_t *)data =
        site_here((uintptr_t)__builtin_return_address(0), (uintptr_t)__builtin_dwarf_cfa());
}

Test(target, image_and_block_of_an_unloaded_module)
{
    uint32_t number;
    heap_init(true);
    support_start();
    struct plugin plugin = support_open("plugin");
    plugin.call(site, &number);
    char *block = support_block(100, number);
    uintptr_t image = (uintptr_t)&plugin.data[1];
    uint64_t epoch = modules_epoch;
    cr_assert_eq(target_of(image, epoch).kind, TARGET_NONE, "it is still there");
    cr_assert_eq(target_of((uintptr_t)block, epoch).kind, TARGET_NONE);
    support_close(&plugin);

    uint32_t before = plugin.module->references;
    struct target target = target_of(image, epoch);
    cr_assert_eq(target.kind, TARGET_IMAGE);
    cr_assert_eq(target.module, plugin.module);
    cr_assert_eq(plugin.module->references, before + 1);
    target_release(&target);
    cr_assert_eq(plugin.module->references, before);
    cr_assert_eq(target_of(image, modules_epoch).kind, TARGET_NONE, "stored after the unload");

    target = target_of((uintptr_t)block + 10, epoch);
    cr_assert_eq(target.kind, TARGET_BLOCK);
    cr_assert_eq(target.module, plugin.module);
    cr_assert_eq(target.block.start, (uintptr_t)block);
    cr_assert_eq(target.site->number, number);
    target_release(&target);
    heap_forget(block);
    cr_assert_eq(target_of((uintptr_t)block, epoch).kind, TARGET_NONE, "freed");
    cr_assert_eq(target_of(0, epoch).kind, TARGET_NONE);
}

Test(target, the_owner_before_the_requester)
{
    struct module *gone = support_module("a.so", 1, MODULE_UNLOADED);
    struct module *also_gone = support_module("b.so", 2, MODULE_UNLOADED);
    struct module *there = support_module("c.so", 3, MODULE_LOADED);
    cr_assert_null(site_unloaded(NULL));
    cr_assert_null(site_unloaded(&(struct site){.owner.module = there}));
    cr_assert_null(site_unloaded(&(struct site){.owner.module = NULL}));
    cr_assert_eq(site_unloaded(&(struct site){.owner.module = gone, .requester.module = also_gone}),
                 gone);
    cr_assert_eq(site_unloaded(&(struct site){.owner.module = there, .requester.module = gone}),
                 gone);
}

/* --- registrations ------------------------------------------------------------------------ */

Test(registrations, are_looked_at_when_a_module_that_they_name_is_left)
{
    support_start();
    struct plugin plugin = support_open("plugin");
    const struct registration_request request = {.type = REGISTERED_ATEXIT,
                                                 .functions = {(uintptr_t)plugin.call},
                                                 .caller = (uintptr_t)plugin.call + 1};
    modules_set_closed(plugin.module, true);
    cr_assert_not(work_take(WORK_REGISTRATIONS), "none names it");
    modules_set_closed(plugin.module, false);

    struct registration *first = registration_prepare(&request);
    cr_assert_eq(first->functions[0].module, plugin.module);
    cr_assert_not(work_take(WORK_REGISTRATIONS), "it is not left");
    modules_set_closed(plugin.module, true);
    cr_assert(work_take(WORK_REGISTRATIONS));
    cr_assert_not(work_take(WORK_REGISTRATIONS), "once, if nobody says that it still is");

    struct registration *second = registration_prepare(&request);
    cr_assert(work_take(WORK_REGISTRATIONS), "this one was made afterwards");
    registration_remove(second);
    modules_set_closed(plugin.module, false);
    support_close(&plugin);
    cr_assert(work_take(WORK_REGISTRATIONS), "the first one is there");
    registration_remove(first);
    plugin = support_open("plugin");
    support_close(&plugin);
    cr_assert_not(work_take(WORK_REGISTRATIONS), "none names it any more");
}
