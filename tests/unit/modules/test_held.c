// SPDX-License-Identifier: MIT
#include "modules/held.h"
#include "modules/object_at.h"
#include "support.h"

#include <dlfcn.h>

static struct module *visited[8];
static unsigned visits;

static void visit(struct module *module, void *data)
{
    if (visits < 8)
        visited[visits] = module;
    visits++;
}

static void visit_since(uint64_t epoch)
{
    visits = 0;
    held_each(epoch, visit, NULL);
}

static void expect_only(uint64_t epoch, const struct module *module)
{
    visit_since(epoch);
    cr_assert_eq(visits, 1);
    cr_assert_eq(visited[0], module);
}

static void start(void)
{
    support_start();
    object_at_init((find_object *)dlsym(RTLD_DEFAULT, "_dl_find_object"));
}

static void check_new_ones(void)
{
    struct plugin first = support_open("plugin");
    uint64_t before_second = modules_epoch;
    struct plugin second = support_open("through");
    expect_only(before_second, second.module);
    visit_since(modules_epoch);
    cr_assert_eq(visits, 0);
    visit_since(first.module->epoch - 1);
    cr_assert_eq(visits, 2);
    cr_assert(visited[0] == first.module && visited[1] == second.module, "the loader's order");
    support_close(&second);
    support_close(&first);
}

Test(held, modules_that_came_since)
{
    start();
    check_new_ones();
    check_new_ones();
}

Test(held, older_loaders_are_searched_from_the_start)
{
    support_start();
    check_new_ones();
}

Test(held, the_last_one_was_unloaded_and_no_sync_has_seen_it)
{
    start();
    struct plugin first = support_open("plugin"), second = support_open("through");
    cr_assert_eq(dlclose(second.handle), 0);
    expect_only(first.module->epoch - 1, first.module);
}

Test(held, one_came_that_no_sync_has_seen)
{
    start();
    struct plugin first = support_open("plugin");
    cr_assert_not_null(dlopen(support_library("through"), RTLD_NOW));
    expect_only(first.module->epoch - 1, first.module);
}

Test(held, all)
{
    start();
    struct plugin plugin = support_open("plugin");
    visit_since(0);
    cr_assert(visits > 3);
    cr_assert_eq(visited[0], modules_find((uintptr_t)start), "the program comes first");
    visit_since(plugin.module->epoch);
    cr_assert_eq(visits, 0);
}
