// SPDX-License-Identifier: MIT
#include "lifecycle/orphans.h"
#include "lifecycle/process.h"
#include "modules/work.h"
#include "registry/heap.h"
#include "report/report.h"

enum { ORPHANS_MAX = 256 };

static struct orphan {
    struct finding finding;
    uint32_t site;
    bool in_dlclose;  /* made by a destructor: no unwinding leads out of it, so the search for exit
                         comes later */
    bool is_clean_up; /* made by the process itself at its end: then nobody needs the value */
} orphans[ORPHANS_MAX];
static unsigned orphan_count;

bool orphans_defer(const struct finding *finding)
{
    struct heap_block block;
    if (orphan_count == ORPHANS_MAX || !heap_find(finding->address, &block))
        return false;
    bool in_dlclose = guard.dlclose_depth > 0;
    orphans[orphan_count++] =
        (struct orphan){*finding, block.site, in_dlclose, !in_dlclose && !finding->before_exit};
    work_note(WORK_ORPHANS);
    return true;
}

/* The dlclose that made them is over: now the stack tells whether an exit handler called it. */
static void date_orphans(void)
{
    for (unsigned i = 0; i < orphan_count; i++) {
        if (!orphans[i].in_dlclose)
            continue;
        process_notice_exit();
        orphans[i].finding.before_exit = !process_exit_began();
        orphans[i].in_dlclose = false;
    }
}

void orphans_report(void)
{
    if (!work_take(WORK_ORPHANS))
        return;
    date_orphans();
    for (unsigned i = 0; i < orphan_count; i++) {
        struct orphan *orphan = &orphans[i];
        struct heap_block block;
        if (!orphan->is_clean_up && heap_find(orphan->finding.address, &block) &&
            block.site == orphan->site)
            report_finding(&orphan->finding, AT_EVENT, false);
        else
            finding_release(&orphan->finding);
    }
    orphan_count = 0;
}
