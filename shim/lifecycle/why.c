// SPDX-License-Identifier: MIT
#include "lifecycle/why.h"
#include "base/clock.h"
#include "base/options.h"
#include "lifecycle/answer.h"
#include "lifecycle/check.h"
#include "lifecycle/locks.h"
#include "modules/handles.h"
#include "report/report.h"
#include "rules/rules.h"
#include "scan/picture.h"

/* The copy hangs if another thread held the loader's list lock when the copy was made, which is
 * rare. The thread that was asked waits no longer than this. */
enum { MODULES_MAX = 64, PATIENCE_MS = 2000, WALK_MS = 1000, MILLISECOND = 1000000 };

struct inquiry {
    struct module *modules[MODULES_MAX]; /* to be examined, each once */
    unsigned count;
    uint32_t token, findings;
    struct text *records;
    struct picture picture; /* for what the first one retains */
    struct ranges ranges;
    struct walk walk;
};

static void inquire(struct inquiry *inquiry, struct module *about)
{
    for (unsigned i = 0; i < inquiry->count; i++)
        if (inquiry->modules[i] == about)
            return;
    if (about && inquiry->count < MODULES_MAX)
        inquiry->modules[inquiry->count++] = about;
}

static void sink(struct finding *finding, void *data)
{
    struct inquiry *inquiry = data;
    report_supposed(inquiry->records, finding, inquiry->token, ++inquiry->findings);
    finding_release(finding);
}

static void explain(struct inquiry *inquiry, struct module *module)
{
    struct holders holders;
    unsigned handles = module->startup ? 0 : handles_left(module);
    holders_find(module, &holders);
    if (handles)
        holders_add(&holders, &(struct holder){.reason = REASON_HANDLE, .handles = handles});
    rules_check_closed(module, &holders, sink, inquiry);
    rules_check_handles(module, NULL, sink, inquiry);
    for (unsigned i = 0; i < holders.count; i++)
        inquire(inquiry, holders.list[i].module);
    holders_release(&holders);
}

static void work(struct text *records, void *data)
{
    struct inquiry *inquiry = data;
    inquiry->records = records;
    if (inquiry->walk.retainer_count > 0) {
        walk_run(&inquiry->walk);
        inquiry->walk.retainers[0].module->retained = inquiry->walk.retainers[0].heap;
    }
    for (unsigned i = 0; i < inquiry->count; i++)
        explain(inquiry, inquiry->modules[i]);
}

static void prepare(struct inquiry *inquiry, struct module *module)
{
    inquire(inquiry, module);
    if (options.scan != SCAN_FULL || !picture_begin(&inquiry->picture) ||
        !picture_take(&inquiry->picture, &inquiry->ranges))
        return;
    picture_show(&inquiry->picture, &inquiry->walk);
    inquiry->walk.retainers[0].module = module;
    inquiry->walk.retainer_count = 1;
    inquiry->walk.deadline = clock_monotonic_ns() + (uint64_t)WALK_MS * MILLISECOND;
}

bool why_mapped(uint32_t id, uint32_t token)
{
    struct module *module = modules_by_id(id);
    bool can_be_asked = module && !module->is_shim && !module_is_unloaded(module), done = false;
    struct inquiry *inquiry = can_be_asked ? arena_alloc(sizeof *inquiry) : NULL;
    if (!inquiry)
        return false;
    inquiry->token = token;
    if (lock_acquire(&check_lock)) {
        check_end_scan();
        prepare(inquiry, module);
        done = answer_in_copy(work, inquiry, (uint64_t)PATIENCE_MS * MILLISECOND);
        lock_release(&check_lock);
    }
    picture_free(&inquiry->picture);
    arena_free(inquiry, sizeof *inquiry);
    return done;
}
