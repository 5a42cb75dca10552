// SPDX-License-Identifier: MIT
/* Stacks by the layouts of their frames, against the C library's backtrace, which goes by libgcc.
 */
#include "ownership/caller_stack.h"
#include "ownership/layouts.h"
#include "ownership/unwind.h"
#include "support.h"

#include <dlfcn.h>
#include <execinfo.h>
#include <pthread.h>
#include <signal.h>

enum { MOST = UNWIND_MAX };

struct seen {
    bool by_layouts;
    size_t count;
    uintptr_t pcs[MOST];
};

static bool in_shim(uintptr_t pc)
{
    const struct module *module = modules_find(pc - 1);
    return module && module->is_shim;
}

/* A sanitizer puts a function of its own before it, which is on the stack then. */
static bool in_backtrace(uintptr_t pc)
{
    return modules_find(pc - 1) == modules_find((uintptr_t)&backtrace);
}

/* The shim's own reading of unwind tables gives the same, step by step. */
static void compare_tables(const struct seen *seen)
{
    uintptr_t pcs[MOST];
    size_t count = caller_stack_walk_by_tables(pcs, MOST);
    cr_assert_geq(count, seen->count);
    /* Its own first frames are of this file. */
    for (size_t i = 0; i < seen->count; i++)
        cr_assert_eq(pcs[count - seen->count + i], seen->pcs[i], "frame %zu", i);
}

/* Twice: of tables, and of what was kept of them. */
static void compare(void *data)
{
    struct seen *seen = data;
    void *frames[MOST];
    int most = backtrace(frames, MOST), first = 0;
    while (first < most && in_backtrace((uintptr_t)frames[first]))
        first++;
    for (int round = 0; round < 2; round++) {
        size_t wanted = 0;
        seen->by_layouts = layouts_walk(seen->pcs, MOST, &seen->count);
        if (!seen->by_layouts)
            seen->count = unwind_stack(seen->pcs, MOST);
        for (int i = first; i < most; i++)
            if (!in_shim((uintptr_t)frames[i])) {
                cr_assert_lt(wanted, seen->count);
                cr_assert_eq(seen->pcs[wanted++], (uintptr_t)frames[i], "frame %d", i);
            }
        cr_assert_eq(seen->count, wanted);
    }
    compare_tables(seen);
}

#if defined(__x86_64__)

Test(layouts, fixed_and_by_the_frame_pointer)
{
    struct seen seen;
    support_start();
    struct plugin plugin = support_open("plugin"), through = support_open("through");
    plugin.call(compare, &seen);
    cr_assert(seen.by_layouts);
    cr_assert_geq(seen.count, 2);
    plugin.call_deeper(compare, &seen);
    cr_assert(seen.by_layouts, "a frame whose size is not fixed has a frame pointer");
    plugin.call_by(through.call_deeper, compare, &seen);
    cr_assert(seen.by_layouts);
    cr_assert_geq(seen.count, 3);
}

static void size(void *data)
{
    *(uint32_t *)data = layouts_size((uintptr_t)__builtin_return_address(0));
}

static void size_by(callback *function, void *data)
{
    *(uint32_t *)data = layouts_size((uintptr_t)__builtin_return_address(0));
}

Test(layouts, sizes)
{
    uint32_t fixed = 1, by_pointer = 1, by_another = 1;
    support_start();
    struct plugin plugin = support_open("plugin");
    plugin.call_by(size_by, NULL, &fixed);
    cr_assert_gt(fixed, 0);
    cr_assert_eq(fixed % 8, 0);
    plugin.call_deeper(size, &by_pointer);
    cr_assert_eq(by_pointer, 0);
    plugin.call_aligned(size, &by_another);
    cr_assert_eq(by_another, 0);
    cr_assert_eq(layouts_size(12345), 0, "there is no such code");
}

static void stop_early(void *data)
{
    uintptr_t pcs[3] = {0, 77, 77};
    cr_assert(layouts_walk(pcs, 1, data));
    cr_assert_eq(pcs[1], 77);
    cr_assert_eq(*(size_t *)data, 1);
    cr_assert(layouts_walk(pcs, 0, data));
    cr_assert_eq(*(size_t *)data, 0);
}

Test(layouts, no_more_than_asked_for)
{
    size_t count;
    support_start();
    support_open("plugin").call(stop_early, &count);
}

#endif

Test(layouts, other_layouts_are_left_to_libunwind)
{
    struct seen seen;
    support_start();
    struct plugin plugin = support_open("plugin");
    plugin.call_aligned(compare, &seen);
    cr_assert_not(seen.by_layouts);
    cr_assert_geq(seen.count, 2);
}

static struct seen in_handler;

static void handle(int number)
{
    compare(&in_handler);
}

static void interrupt(void *data)
{
    raise(SIGUSR1);
}

Test(layouts, a_signal_handler)
{
    support_start();
    signal(SIGUSR1, handle);
    support_open("plugin").call(interrupt, NULL);
    cr_assert_not(in_handler.by_layouts);
    cr_assert_geq(in_handler.count, 3);
}

static void *run(void *data)
{
    static struct plugin plugin;
    plugin = support_open("plugin");
    plugin.call(compare, data);
    return NULL;
}

Test(layouts, a_thread_ends_where_it_began)
{
    struct seen seen = {.count = 0};
    pthread_t thread;
    support_start();
    cr_assert_eq(pthread_create(&thread, NULL, run, &seen), 0);
    pthread_join(thread, NULL);
    cr_assert_geq(seen.count, 2);
}

/* At an address that another module had before. */
Test(layouts, of_the_module_that_is_there_now)
{
    struct seen seen;
    support_start();
    for (int i = 0; i < 4; i++) {
        struct plugin plugin = support_open(i % 2 ? "plugin" : "through");
        plugin.call(compare, &seen);
        plugin.call_deeper(compare, &seen);
        support_close(&plugin);
    }
}
