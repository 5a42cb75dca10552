// SPDX-License-Identifier: MIT
#include "registry/registrations.h"
#include "support.h"

#include <string.h>

Test(registrations, are_looked_at_when_a_module_that_they_name_is_left)
{
    support_start();
    struct plugin plugin = support_open("plugin");
    const struct registration_request request = {.type = REGISTERED_ATEXIT,
                                                 .functions = {(uintptr_t)plugin.call},
                                                 .caller = (uintptr_t)plugin.call + 1};
    modules_set_closed(plugin.module, true);
    cr_assert_not(registrations_may_be_left_locked(), "none names it");
    modules_set_closed(plugin.module, false);

    struct registration *first = registration_prepare(&request);
    cr_assert_eq(first->functions[0].module, plugin.module);
    cr_assert_not(registrations_may_be_left_locked(), "it is not left");
    modules_set_closed(plugin.module, true);
    cr_assert(registrations_may_be_left_locked());
    cr_assert_not(registrations_may_be_left_locked(), "once, if nobody says that it still is");

    struct registration *second = registration_prepare(&request);
    cr_assert(registrations_may_be_left_locked(), "this one was made afterwards");
    registration_remove(second);
    modules_set_closed(plugin.module, false);
    support_close(&plugin);
    cr_assert(registrations_may_be_left_locked(), "the first one is there");
    registration_remove(first);
    plugin = support_open("plugin");
    support_close(&plugin);
    cr_assert_not(registrations_may_be_left_locked(), "none names it any more");
}
