// SPDX-License-Identifier: MIT
#include "base/clock.h"
#include "base/dropped.h"
#include "base/options.h"
#include "base/sys.h"
#include "registry/heap.h"
#include "registry/threads.h"
#include "support.h"

#include <pthread.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

struct start {
    uintptr_t routine, argument;
    struct thread *thread;
};

static void prepare(void *data)
{
    struct start *start = data;
    start->thread = thread_prepare(start->routine, start->argument);
}

/* The argument that a program would hand to its thread: a page, and none behind it. A sanitizer
 * would guard the stack. */
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
    cr_assert(thread_is_live(thread) && !thread_has_ended(thread));
    threads_collect();
    cr_assert_eq(thread_by_serial_locked(thread->serial), thread);
    go_on = true;
    pthread_join(id, NULL);
    cr_assert_not(thread_is_live(thread));
    cr_assert(thread_has_ended(thread));
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
