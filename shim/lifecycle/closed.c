// SPDX-License-Identifier: MIT
#include "lifecycle/closed.h"
#include "base/options.h"
#include "lifecycle/check.h"
#include "lifecycle/lifecycle.h"
#include "modules/handles.h"
#include "registry/opens.h"
#include "registry/tls_dtors.h"
#include "report/report.h"
#include "rules/rules.h"

void closed_begins(struct module *module)
{
    if (guard.closing_count < CLOSING_MAX && !module->startup && !atomic_load(&module->kept) &&
        handles_closing(module))
        guard.closing[guard.closing_count++] = module_ref(module);
}

static void report(struct module *module)
{
    struct check check = {.at = AT_DLCLOSE};
    struct holders holders;
    tls_dtors_settle();
    holders_find(module, &holders);
    if (lock_acquire(&check_lock)) {
        rules_check_closed(module, &holders, check_sink, &check);
        lock_release(&check_lock);
    }
    holders_release(&holders);
}

/* What is closed while the process ends stays for that reason alone. */
static bool is_ending(void)
{
    check_notice_exit();
    return check_exit_began();
}

static void look_at(struct module *module)
{
    if (!handles_closed(module) || handles_left(module) > 0 || module_is_unloaded(module) ||
        is_ending())
        return;
    opens_forget(module);
    modules_set_closed(module, true);
    report(module);
}

void closed_look(void)
{
    while (guard.closing_count > 0) {
        struct module *module = guard.closing[--guard.closing_count];
        look_at(module);
        module_unref(module);
    }
}

static void reopened(struct module *module)
{
    atomic_store(&module->reopened, true);
    modules_set_closed(module, false);
    report(module);
}

void lifecycle_settle_handles(void)
{
    opens_look(reopened);
}

/* --- at the end
 * -------------------------------------------------------------------------------------------------
 */

static void handle_sink(struct finding *finding, void *data)
{
    report_finding(finding, AT_EXIT, options.verbosity < 1);
}

void closed_report_handles(void)
{
    rules_check_handles(report_knows, handle_sink, NULL);
}
