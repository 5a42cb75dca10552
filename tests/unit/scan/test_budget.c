// SPDX-License-Identifier: MIT
/* When a scan may take the program's time, by a clock that stands still. */
#include "base/options.h"
#include "scan/due.h"
#include "scan/scan.h"
#include "support.h"

#define SECOND_NS ((uint64_t)1000000000)

enum { SHARE = 20, FREE_MOST = 10000 }; /* scan/scan.c */

/* A module at an address that no number in this process looks like. */
enum { GONE = 0x2a5b6c7d };

static unsigned told; /* that nothing was found */

static void note_nothing(const struct ranges *ranges)
{
    cr_assert_not_null(ranges);
    told++;
}

static bool is_scanned(enum scan_when when)
{
    unsigned before = told;
    cr_assert_not(scan_run(when, note_nothing), "nothing points there");
    cr_assert_eq(told > before, due_count() == 0);
    return due_count() == 0;
}

/* The first scans are free, and the first unload of those that are not waits. */
static void begin(void)
{
    unsigned count = 0;
    support_options("scan=full");
    support_stop_clock();
    support_start();
    scan_start();
    scan_cost(SECOND_NS);
    do
        scan_note_unloaded(support_module("gone.so", GONE, MODULE_UNLOADED));
    while (is_scanned(SCAN_AFTER_UNLOAD) && ++count < FREE_MOST);
    cr_assert(count > 0 && count < FREE_MOST, "%u", count);
    cr_assert_eq(due_count(), 1);
}

TestSuite(budget, .init = begin);

Test(budget, a_twentieth_of_the_time)
{
    support_pass_ns(SHARE * SECOND_NS - 1);
    cr_assert_not(is_scanned(SCAN_AFTER_UNLOAD));
    support_pass_ns(1);
    cr_assert(is_scanned(SCAN_AFTER_UNLOAD));
}

Test(budget, what_is_asked_for_is_done_whatever_it_costs)
{
    cr_assert(is_scanned(SCAN_ON_REQUEST));
}

Test(budget, patience)
{
    cr_assert_eq(scan_patience(SCAN_ON_REQUEST, false), SCAN_EXIT_SECONDS * SECOND_NS);
    cr_assert_eq(scan_patience(SCAN_AT_EXIT, false), SCAN_EXIT_SECONDS * SECOND_NS);
    cr_assert_eq(scan_patience(SCAN_AFTER_UNLOAD, false), 0);
    cr_assert_eq(scan_patience(SCAN_AT_EVENT, true), 0);
}
