// SPDX-License-Identifier: MIT
/* Each row of the table of modules/budget.c, by a clock that stands still. */
#include "modules/budget.h"
#include "base/compiler.h"
#include "support.h"

#define MS ((uint64_t)1000000)
#define SECOND_NS (1000 * MS)
#define NO_LIMIT (3600 * SECOND_NS)

enum { SHARE = 20 };

static const uint64_t ceiling = SECOND_NS / 2;

static void begin(void)
{
    support_stop_clock();
    budget_start();
}

TestSuite(budget, .init = begin);

static const struct limit {
    enum moment moment;
    unsigned works;
    uint64_t allowance;
} limits[] = {
    {MOMENT_EVENT, WORK_RECORDS, NO_LIMIT},
    {MOMENT_CLOSING, WORK_STACKS, 40 * MS},
    {MOMENT_UNLOADED, WORK_STACKS, 40 * MS},
    {MOMENT_UNLOADED, WORK_MEMORY | WORK_UNSETTLED | WORK_WALK, 2 * MS},
    {MOMENT_UNLOADED, WORK_RETAINED, 40 * MS},
    {MOMENT_UNLOADED, WORK_UNSEEN, NO_LIMIT},
    {MOMENT_LOADING, WORK_MEMORY, 2 * MS},
    {MOMENT_REQUEST, WORK_SCAN | WORK_STACKS | WORK_RETAINED | WORK_UNSEEN, NO_LIMIT},
    {MOMENT_EXIT, WORK_SCAN | WORK_STACKS | WORK_RETAINED | WORK_UNSEEN, NO_LIMIT},
    {MOMENT_DEATH, WORK_SCAN, NO_LIMIT},
};

static void check_limit(const struct limit *limit, enum work work)
{
    cr_assert(budget_allows(limit->moment, work, limit->allowance), "%d %d", limit->moment, work);
    if (limit->allowance == NO_LIMIT)
        return;
    cr_assert_not(budget_allows(limit->moment, work, limit->allowance + 1), "%d %d", limit->moment,
                  work);
}

Test(budget, so_much_may_be_spent_at_once)
{
    for (unsigned i = 0; i < ARRAY_SIZE(limits); i++)
        for (unsigned work = 1; work <= limits[i].works; work <<= 1)
            if (limits[i].works & work)
                check_limit(&limits[i], work);
}

/* A walk before a load may take long; but not each time. */
Test(budget, may_be_overdrawn_before_a_load)
{
    static const enum work works[] = {WORK_UNSETTLED, WORK_WALK};
    budget_spend(24 * MS);
    for (unsigned i = 0; i < ARRAY_SIZE(works); i++)
        cr_assert(budget_allows(MOMENT_LOADING, works[i], NO_LIMIT), "%u", i);
    budget_spend(1);
    for (unsigned i = 0; i < ARRAY_SIZE(works); i++)
        cr_assert_not(budget_allows(MOMENT_LOADING, works[i], 0), "%u", i);
    support_pass_ns(SHARE * (24 * MS + 1));
    cr_assert(budget_allows(MOMENT_LOADING, WORK_WALK, NO_LIMIT));
}

static bool allows(uint64_t expected)
{
    return budget_allows(MOMENT_UNLOADED, WORK_MEMORY, expected);
}

Test(budget, a_twentieth_of_the_time)
{
    budget_spend(2 * MS + 1);
    cr_assert_not(allows(0));
    support_pass_ns(SHARE * (2 * MS + 1) - 1);
    cr_assert_not(allows(0), "what was spent before counts, too");
    support_pass_ns(1);
    cr_assert(allows(0));
    cr_assert_not(allows(1));
}

/* A look that takes long only because others run does not use up what each process has. */
Test(budget, what_is_spent_at_once_is_time_of_a_processor)
{
    struct budget_stamp begun = budget_begin();
    support_pass_ns(300 * MS);
    support_pass_processor_ns(MS);
    cr_assert_eq(budget_end(begun), MS);
    cr_assert(allows(MS));
    cr_assert_not(allows(MS + 1));
}

/* On a busy machine a share of the time that passes would be a large share of the processor's. */
Test(budget, of_the_share_all_time_is_taken)
{
    budget_spend(2 * MS + 1);
    support_pass_ns(SHARE * (2 * MS + 1));
    struct budget_stamp begun = budget_begin();
    support_pass_ns(SHARE * MS);
    support_pass_processor_ns(1);
    budget_end(begun);
    support_pass_ns(SHARE * (SHARE - 1) * MS - 1);
    cr_assert_not(allows(0));
    support_pass_ns(1);
    cr_assert(allows(0));
}

Test(budget, no_more_is_saved_up)
{
    budget_spend(2 * MS + 1);
    support_pass_ns(3600 * SECOND_NS);
    cr_assert(allows(NO_LIMIT));
    budget_spend(ceiling - MS);
    cr_assert(allows(MS));
    cr_assert_not(allows(MS + 1));
}

/* In a process with much memory a walk would never be begun. */
Test(budget, what_costs_more_than_that_is_done_when_all_of_it_is_there)
{
    support_pass_ns(ceiling * SHARE - SHARE);
    cr_assert_not(allows(NO_LIMIT));
    support_pass_ns(SHARE);
    cr_assert(allows(NO_LIMIT));
    budget_spend(SECOND_NS);
    support_pass_ns((SECOND_NS - ceiling) * SHARE - 1);
    cr_assert_not(allows(0), "it is paid for first");
    support_pass_ns(1);
    cr_assert(allows(0));
}

static void check_apart(enum moment moment, enum work work, uint64_t apart)
{
    cr_assert(budget_allows(moment, work, 0));
    budget_note_done(work);
    support_pass_ns(apart - 1);
    cr_assert_not(budget_allows(moment, work, 0));
    support_pass_ns(1);
    cr_assert(budget_allows(moment, work, 0));
}

Test(budget, some_work_is_done_together)
{
    check_apart(MOMENT_EVENT, WORK_RECORDS, 4 * MS);
    check_apart(MOMENT_UNLOADED, WORK_UNSEEN, MS);
    budget_note_done(WORK_UNSEEN);
    cr_assert(budget_allows(MOMENT_REQUEST, WORK_UNSEEN, 0));
    cr_assert(budget_allows(MOMENT_EXIT, WORK_UNSEEN, 0));
}

static const struct patience {
    enum moment moment;
    enum work work;
    uint64_t little, large;
} patience[] = {
    {MOMENT_UNLOADED, WORK_WALK, 100 * MS, 0},
    {MOMENT_UNLOADED, WORK_RETAINED, 100 * MS, 0},
    {MOMENT_LOADING, WORK_WALK, 100 * MS, 10 * MS},
    {MOMENT_EXIT, WORK_WALK, 30 * SECOND_NS, 30 * SECOND_NS},
    {MOMENT_EXIT, WORK_RETAINED, 30 * SECOND_NS, 100 * MS},
    {MOMENT_REQUEST, WORK_WALK, 30 * SECOND_NS, 30 * SECOND_NS},
    {MOMENT_REQUEST, WORK_RETAINED, 30 * SECOND_NS, 30 * SECOND_NS},
    {MOMENT_DEATH, WORK_WALK, 2 * SECOND_NS, 2 * SECOND_NS},
    {MOMENT_CLOSING, WORK_STACKS, 0, 0},
};

Test(budget, patience)
{
    for (unsigned i = 0; i < ARRAY_SIZE(patience); i++) {
        const struct patience *each = &patience[i];
        cr_assert_eq(budget_patience(each->moment, each->work, false), each->little, "%u", i);
        cr_assert_eq(budget_patience(each->moment, each->work, true), each->large, "%u", i);
    }
}
