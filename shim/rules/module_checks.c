// SPDX-License-Identifier: MIT
#include "rules/module_checks.h"
#include "modules/handles.h"
#include "registry/opens.h"
#include "rules/rule.h"

void rules_check_closed(struct module *module, struct holders *holders, rules_sink *sink,
                        void *data)
{
    struct found found = {0};
    rules_add_tls_holders(module, holders);
    if (holders->count == 0)
        holders->list[holders->count++] = (struct holder){.reason = REASON_UNKNOWN};
    found_apply(
        &(struct subject){.class = &module_class, .module = {.module = module, .holders = holders}},
        &found);
    found_hand_on(&found, sink, data);
}

struct handles_check {
    bool all;
    struct found *found;
};

/* Nobody knows which handles were given back. But if more are left than all others opened, some
 * belong to this opener. */
static bool has_left_some(const struct module *module, const struct module *opener)
{
    const struct opens *opens = module->opens;
    unsigned own = 0;
    for (unsigned i = 0; i < opens->count; i++)
        own += open_requester(&opens->list[i]) == opener;
    return opener && handles_left(module) > opens->total - own;
}

static void apply_to_open(struct module *module, const struct open *open, struct found *found)
{
    found_apply(
        &(struct subject){
            .class = &module_class,
            .module = {.module = module, .opener = open->stack, .opened = open->serial}},
        found);
}

static int check_handles_of(struct module *module, void *data)
{
    const struct handles_check *check = data;
    const struct opens *opens = module->opens;
    bool any = false;
    if (!opens || opens->count == 0 || module->startup || handles_left(module) == 0)
        return 0;
    for (unsigned i = 0; i < opens->count; i++) {
        const struct module *opener = open_requester(&opens->list[i]);
        if ((!check->all && !module_is_unloaded(opener)) || !has_left_some(module, opener))
            continue;
        apply_to_open(module, &opens->list[i], check->found);
        any = true;
    }
    if (check->all && !any)
        apply_to_open(module, &opens->list[0], check->found);
    return 0;
}

void found_handles_locked(bool all, struct found *found)
{
    if (all || opens_requester_unloaded())
        modules_each_mapped(check_handles_of, &(struct handles_check){all, found});
}

void rules_check_handles(struct module *only, rules_known *known, rules_sink *sink, void *data)
{
    struct found found = {.known = known};
    if (!lock_acquire(&registry_lock))
        return;
    if (only)
        check_handles_of(only, &(struct handles_check){true, &found});
    else
        found_handles_locked(true, &found);
    lock_release(&registry_lock);
    found_hand_on(&found, sink, data);
}
