// SPDX-License-Identifier: MIT
#include "modules/work.h"
#include "registry/registrations.h"
#include "support.h"

#include <string.h>

Test(registrations, are_checked_when_a_module_that_they_name_is_left)
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
