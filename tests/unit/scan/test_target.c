// SPDX-License-Identifier: MIT
#include "registry/heap.h"
#include "scan/target.h"
#include "support.h"

#include <string.h>

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
