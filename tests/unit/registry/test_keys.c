// SPDX-License-Identifier: MIT
#include "base/dropped.h"
#include "registry/keys.h"
#include "registry/threads.h"
#include "support.h"

#include <pthread.h>
#include <string.h>

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

Test(keys, a_robbed_owner_is_reported_once)
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
