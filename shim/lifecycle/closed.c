// SPDX-License-Identifier: MIT
#include "lifecycle/closed.h"
#include "base/options.h"
#include "lifecycle/check.h"
#include "lifecycle/locks.h"
#include "lifecycle/process.h"
#include "lifecycle/sink.h"
#include "modules/agenda.h"
#include "modules/handles.h"
#include "modules/tls_counts.h"
#include "registry/opens.h"
#include "registry/tls_dtors.h"
#include "report/report.h"
#include "rules/rules.h"

enum { LEFT_MAX = 16 };

void closed_begins(struct module *module)
{
    if (!module->startup && handles_closing(module))
        agenda_add(module, WORK_CLOSING);
}

/* The module stays for these threads. It stays even after they end, until the next dlclose. */
static void note_threads(struct module *module, const struct holders *holders)
{
    for (unsigned i = 0; i < holders->count; i++)
        if (holders->list[i].reason == REASON_TLS_DESTRUCTOR && holders->list[i].tid)
            atomic_store(&module->tls_thread, holders->list[i].tid);
}

/* The closing came before exit(), even if exit() has begun by now. */
static void report(struct module *module, bool is_closed_now)
{
    struct sink sink = {.at = AT_DLCLOSE, .before_exit = true};
    struct holders holders;
    tls_dtors_settle();
    holders_find(module, &holders);
    if (lock_acquire(&check_lock)) {
        if (is_closed_now)
            check_retained(module);
        else
            agenda_remove(module, WORK_RETAINED);
        rules_check_closed(module, &holders, sink_finding, &sink);
        lock_release(&check_lock);
        note_threads(module, &holders);
    }
    holders_release(&holders);
}

/* A module closed while the process ends stays for that reason alone. */
static bool is_ending(void)
{
    process_notice_exit();
    return process_exit_began();
}

/* True if it is closed now, and stays. A module that only opened itself, while others need it, goes
 * on: libasound does so for its plug-ins. */
static bool check_closing(struct module *module)
{
    bool stays_for_us = atomic_load(&module->kept) != KEPT_NOT;
    if (!handles_closed(module, holders_keep_for_good) || handles_left(module) > 0 ||
        module_is_unloaded(module) || is_ending())
        return false;
    bool own = opens_are_its_own(module);
    opens_forget(module);
    if (stays_for_us || own)
        return false;
    modules_set_closed(module, true);
    report(module, true);
    return true;
}

struct left {
    unsigned count;
    struct module *modules[LEFT_MAX]; /* each holds a reference */
};

static int collect_left(struct module *module, void *data)
{
    struct left *left = data;
    if (atomic_load(&module->tls_pending) > 0 && !module->startup && !module_is_closed(module) &&
        !atomic_load(&module->tls_thread) && !atomic_load(&module->kept) &&
        handles_count(module) == 0 && left->count < LEFT_MAX)
        left->modules[left->count++] = module_ref(module);
    return 0;
}

/* No handle of the module is left. If no other module needs it, it stays for destructors alone. */
static void check_left(struct module *module)
{
    struct sink sink = {.at = AT_DLCLOSE, .before_exit = true};
    struct holders holders;
    holders_find(module, &holders);
    if (holders.count == 0 && tls_counts_pending(module) > 0 && lock_acquire(&check_lock)) {
        check_retained(module);
        rules_check_closed(module, &holders, sink_finding, &sink);
        lock_release(&check_lock);
        note_threads(module, &holders);
    }
    holders_release(&holders);
}

static void check_all_left(void)
{
    static _Atomic uint64_t checked;
    struct left left = {0};
    uint64_t unloads = atomic_load(&modules_unloads);
    if (!tls_dtors_any() || atomic_exchange(&checked, unloads) == unloads || is_ending())
        return;
    tls_dtors_settle();
    modules_each_mapped(collect_left, &left);
    for (unsigned i = 0; i < left.count; i++) {
        check_left(left.modules[i]);
        module_unref(left.modules[i]);
    }
}

bool closed_check(void)
{
    bool any = false;
    for (struct module *module; (module = agenda_take_closing()) != NULL;) {
        any |= check_closing(module);
        module_unref(module);
    }
    check_all_left();
    return any;
}

static void reopened(struct module *module)
{
    atomic_store(&module->reopened, true);
    modules_set_closed(module, false);
    report(module, false);
    lifecycle_resolve();
}

void lifecycle_settle_handles(bool all)
{
    opens_check(all, reopened);
}
