// SPDX-License-Identifier: MIT
#include "rules/mutex_checks.h"
#include "base/dropped.h"
#include "base/sys.h"
#include "registry/registry.h"
#include "rules/passages.h"
#include "rules/rule.h"
#include "scan/robust.h"

unsigned mutexes_unknown;

struct round {
    const struct mutex_check *check;
    struct found *found;
    const struct module *found_in; /* the last one */
};

static bool is_readable(uintptr_t address)
{
    char byte;
    return sys_copy_memory((const void *)address, &byte, 1) == 1;
}

static bool check_entry(const struct robust_entry *entry, void *data)
{
    struct round *round = data;
    const struct mutex_check *check = round->check;
    const struct range *range = ranges_find(check->ranges, entry->node);
    if (!range || range->module == round->found_in ||
        (entry->is_pending && range->module == check->passed))
        return false;
    struct passage passage = {.tid = check->tid,
                              .module = range->module,
                              .pc = entry->futex,
                              .slot = entry->node,
                              .unmapped = !is_readable(entry->node)};
    if (!passage_is_of_module(&passage, check->closing))
        return false;
    passage_take_note(&passage, !check->closing);
    round->found_in = range->module;
    if (!lock_acquire(&registry_lock)) {
        drop(DROP_FINDING);
        return true;
    }
    found_apply(&(struct subject){.class = &mutex_class,
                                  .closing = check->closing,
                                  .mutex = {.passage = &passage}},
                round->found);
    lock_release(&registry_lock);
    return false;
}

/* A thread that ended meanwhile has none. */
bool found_mutexes(const struct mutex_check *check, struct found *found)
{
    struct round round = {check, found, NULL};
    if (robust_each(check->tid, check_entry, &round) == ROBUST_UNKNOWN)
        mutexes_unknown += sys_thread_alive(check->tid);
    return round.found_in != NULL;
}
