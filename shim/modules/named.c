// SPDX-License-Identifier: MIT
#include "modules/named.h"

unsigned modules_listing = 1;
static struct module *first_named; /* each holds a reference */

void module_name(const struct module *module)
{
    struct module *named = (struct module *)module;
    if (module_is_listed(module) || module->named)
        return;
    module_ref(named);
    named->named = true;
    named->next_named = first_named;
    first_named = named;
}

struct module *modules_take_named(void)
{
    struct module *module = first_named;
    if (module) {
        first_named = module->next_named;
        module->named = false;
    }
    return module;
}

void modules_list_anew(void)
{
    struct module *module;
    while ((module = modules_take_named()) != NULL)
        module_unref(module);
    modules_listing++;
}
