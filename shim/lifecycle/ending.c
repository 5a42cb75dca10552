// SPDX-License-Identifier: MIT
#include "lifecycle/ending.h"
#include "base/killed.h"
#include "base/options.h"
#include "base/own_stack.h"
#include "base/sys.h"
#include "base/unfollowed.h"
#include "lifecycle/check.h"
#include "lifecycle/crash.h"
#include "lifecycle/process.h"
#include "lifecycle/request.h"
#include "modules/agenda.h"
#include "modules/link_maps.h"
#include "registry/heap.h"
#include "registry/left_values.h"
#include "report/report.h"
#include "rules/mutex_checks.h"
#include "rules/stack_search.h"
#include "scan/scan.h"

#include <string.h>

static _Atomic bool finished;
static bool is_confined;

/* A finding needs a module that was closed or unloaded, or an event of its own. */
static bool has_left_nothing(void)
{
    return !atomic_load(&modules_came) && !report_has_open() && !left_values_any();
}

bool lifecycle_ends_silently(void)
{
    return process_is_active() && has_left_nothing() && !guard.dlopen_pending &&
           !report_has_file() && !unfollowed_any() && !killed_any();
}

static void name_gaps(const char **unseen, size_t n)
{
    const struct {
        bool is_so;
        const char *what;
    } gaps[] = {
        {scan_gaps.reused + agenda_gaps.reused > 0,
         "modules whose addresses were used again before memory was looked "
         "through: what points to them was not found"},
        {scan_gaps.ran_out > 0, "a scan ended at its limit (scan_limit_ms, scan_limit_mb): what it "
                                "did not reach is missing"},
        {scan_gaps.died > 0, "a scan in a copy of the process did not come to its end"},
        {scan_gaps.running > 0,
         "pointers on stacks of threads that ran during a scan, or whose start was not seen: which "
         "part of such a stack is in use is not known"},
        {stack_gaps.running > 0, "threads that ran whenever they were looked at: what they return "
                                 "to, after an unload, was not known"},
        {stack_gaps.elsewhere > 0,
         "threads on stacks other than their own (of coroutines, of "
         "signal handlers): the rest of their own ones was not looked at"},
        {stack_gaps.missed > 0, "stacks that were not looked at: there was no memory for it"},
        {mutexes_unknown > 0,
         "robust mutexes that threads had locked: the kernel was not asked, or "
         "did not answer"},
        {own_stack_waiters() > 0,
         "what a thread alone knew that was about to end the process, too: "
         "there was no check in it"},
        {agenda_gaps.missed > 0, "modules that were not looked for: too many waited"},
        {scan_gaps.unread > 0,
         "modules that were not looked for: what is mapped could not be read, "
         "or there was no memory"},
        {scan_gaps.no_memory > 0,
         "a scan had too little memory of its own: what it did not reach is missing"},
        {scan_gaps.overwritten > 0,
         "heap blocks whose size was written over: where they end was not "
         "known, and nothing was said to be lost"},
        {scan_gaps.more > 0, "more leads into unloaded modules than one scan tells of"},
        {scan_gaps.sizes_unknown,
         "blocks of an allocator that does not tell their sizes: what they "
         "lead to was not found"},
    };
    for (size_t i = 0; i < ARRAY_SIZE(gaps); i++)
        if (gaps[i].is_so)
            unseen[n++] = gaps[i].what;
}

void lifecycle_finish(const char *ended, bool is_well)
{
    const char *unseen[32] = {NULL};
    size_t n = 0;

    bool is_exec = !strcmp(ended, "exec");
    if (!is_exec && atomic_exchange(&finished, true))
        return;
    crash_ending(is_well ? CRASH_END_WELL : CRASH_END);
    if (is_confined)
        unseen[n++] =
            "what came after the program confined itself (no_new_privs, seccomp): from then "
            "on nothing was watched";
    if (!heap_is_seen)
        unseen[n++] = "the program has a malloc of its own: heap blocks are not seen";
    if (link_maps_have_namespaces())
        unseen[n++] = "calls in namespaces that dlmopen made: they have a C library of their own";
    if (!has_left_nothing())
        lifecycle_check(MOMENT_EXIT);
    name_gaps(unseen, n);
    report_finish(ended, is_exec, heap_is_seen, unseen);
}

/* A handler for a crash exits: that comes before its other findings. */
void lifecycle_exit(void)
{
    crash_ending(CRASH_END_WELL);
    lifecycle_exit_begins();
}

int lifecycle_exit_status(int status)
{
    return options.exitcode && report_severe() ? (int)options.exitcode : status;
}

void lifecycle_leave(void)
{
    atomic_store(&lifecycle_phase, PHASE_INERT);
    crash_leave();
    request_leave();
}

void lifecycle_confine(void)
{
    is_confined = true;
    lifecycle_finish("confined", true);
    lifecycle_leave();
}

/* No question can be asked any more, not even which process this is: a child of vfork(2) that sets
 * its own filter ends the watch over its parent, too. */
static void found_filter(void)
{
    atomic_store(&lifecycle_phase, PHASE_INERT);
}

void lifecycle_watch_filters(void)
{
    calls_watch(found_filter);
}
