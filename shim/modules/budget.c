// SPDX-License-Identifier: MIT
#include "modules/budget.h"
#include "base/clock.h"
#include "base/compiler.h"

#define MICROSECOND ((uint64_t)1000)
#define MILLISECOND ((uint64_t)1000000)
#define SECOND ((uint64_t)1000000000)

enum {
    SHARE = 20, /* our part of the process's time is 1/SHARE */
    WORKS = 9,
};

/* The most that can be saved up: an hour without an unload does not pay for a storm of them. */
#define CEILING (SECOND / 2)

/* A process that was stopped meanwhile has not spent the time. */
#define MOST SECOND

/* Not within the budget. */
#define WHATEVER_IT_COSTS UINT64_MAX

struct rule {
    enum moment moment;
    unsigned works;
    uint64_t apart;          /* nanoseconds between two times of doing it */
    uint64_t allowance;      /* processor time that a process spends before its share counts */
    bool overdraws;          /* may cost more than is left: there is no other chance */
    uint64_t patience;       /* the program waits so long for little work, */
    uint64_t patience_large; /* and so long for much */
};

/* Each row says which measurement justifies it, or that it bounds a worst case. */
static const struct rule rules[] = {
    /* Of 692 unloads at the end of vlc-cache-gen each wrote a record by itself: with this and the
     * next row it takes 1.22 times as long as alone, without them 1.39. */
    {MOMENT_EVENT, WORK_RECORDS, .apart = 4 * MILLISECOND, .allowance = WHATEVER_IT_COSTS},
    /* 31 system calls, about 5 us, at each unload. */
    {MOMENT_UNLOADED, WORK_UNSEEN, .apart = MILLISECOND, .allowance = WHATEVER_IT_COSTS},

    /* A stack takes 12 to 80 us. A thread in the module dies at the unmapping: the allowance is
     * larger than that of memory, so that this goes on where memory has used up the share. */
    {MOMENT_CLOSING, WORK_STACKS, .allowance = 40 * MILLISECOND},
    {MOMENT_UNLOADED, WORK_STACKS, .allowance = 40 * MILLISECOND},

    /* A pass over a small program takes 0.1 ms, a walk 0.4. Of 1000 reloads of an empty plug-in
     * each millisecond is one hundredth of all that the program takes; with 8 of them instead of 2
     * the modules of zsh took 19 ms instead of 13, those of listplugins 34 instead of 28. */
    {MOMENT_UNLOADED, WORK_SCAN, .allowance = 2 * MILLISECOND, .patience = 100 * MILLISECOND},
    {MOMENT_LOADING, WORK_MEMORY, .allowance = 2 * MILLISECOND},
    /* The new module may get the place that a word points to, and then the word's owner is unknown:
     * so a walk may take more than the rest of the budget, after which there is none for a while.
     * Ten loads that leave something each take 5 ms, and twice as long on a busy machine. A copy
     * has the range as it was, but the next walk has to wait for it. */
    {MOMENT_LOADING, WORK_UNSETTLED | WORK_WALK, .allowance = 24 * MILLISECOND, .overdraws = true,
     .patience = 100 * MILLISECOND, .patience_large = 10 * MILLISECOND},

    /* A note is not worth a copy at each dlclose: 1.4 ms in a small program, against 0.6. */
    {MOMENT_UNLOADED, WORK_RETAINED, .allowance = 40 * MILLISECOND, .patience = 100 * MILLISECOND},
    {MOMENT_EXIT, WORK_RETAINED, .allowance = WHATEVER_IT_COSTS, .patience = 30 * SECOND,
     .patience_large = 100 * MILLISECOND},

    /* These bound a worst case: nobody waits longer for an answer or for an end. */
    {MOMENT_REQUEST, WORK_WALK | WORK_RETAINED, .allowance = WHATEVER_IT_COSTS,
     .patience = 30 * SECOND, .patience_large = 30 * SECOND},
    {MOMENT_EXIT, WORK_WALK, .allowance = WHATEVER_IT_COSTS, .patience = 30 * SECOND,
     .patience_large = 30 * SECOND},
    {MOMENT_DEATH, WORK_WALK, .allowance = WHATEVER_IT_COSTS, .patience = 2 * SECOND,
     .patience_large = 2 * SECOND},
};

static struct {
    uint64_t processor; /* nanoseconds that were spent */
    uint64_t updated;
    int64_t balance; /* elapsed nanoseconds that are left of the share; negative: owed */
} budget;

static _Atomic uint64_t done[WORKS]; /* when each was, plus 1; 0: never */

/* Where no row says anything, work is done at once, and nobody waits. */
static const struct rule at_once = {.allowance = WHATEVER_IT_COSTS};

static const struct rule *rule_of(enum moment moment, enum work work)
{
    for (unsigned i = 0; i < ARRAY_SIZE(rules); i++)
        if (rules[i].moment == moment && rules[i].works & work)
            return &rules[i];
    return &at_once;
}

static unsigned number_of(enum work work)
{
    return (unsigned)__builtin_ctz(work);
}

void budget_start(void)
{
    budget.updated = clock_monotonic_ns();
}

static void earn(void)
{
    uint64_t now = clock_monotonic_ns(), earned = (now - budget.updated) / SHARE;
    budget.updated += earned * SHARE;
    uint64_t room = (uint64_t)((int64_t)CEILING - budget.balance);
    budget.balance += (int64_t)(earned < room ? earned : room);
}

/* Work that costs more than can be saved up is done when the ceiling is reached. */
static bool is_affordable(uint64_t allowance, uint64_t expected)
{
    earn();
    return budget.processor + expected <= allowance ||
           (budget.balance >= 0 && (uint64_t)budget.balance >= expected) ||
           budget.balance == (int64_t)CEILING;
}

bool budget_allows(enum moment moment, enum work work, uint64_t expected)
{
    const struct rule *rule = rule_of(moment, work);
    uint64_t last = atomic_load(&done[number_of(work)]);
    if (rule->apart && last && clock_monotonic_ns() - (last - 1) < rule->apart)
        return false;
    return rule->allowance == WHATEVER_IT_COSTS ||
           is_affordable(rule->allowance, rule->overdraws ? 0 : expected);
}

void budget_note_done(enum work work)
{
    atomic_store(&done[number_of(work)], clock_monotonic_ns() + 1);
}

uint64_t budget_patience(enum moment moment, enum work work, bool is_large)
{
    const struct rule *rule = rule_of(moment, work);
    return is_large ? rule->patience_large : rule->patience;
}

struct budget_stamp budget_begin(void)
{
    return (struct budget_stamp){clock_monotonic_ns(), clock_processor_ns()};
}

static void spend(uint64_t elapsed, uint64_t processor)
{
    earn();
    budget.processor += processor;
    budget.balance -= (int64_t)(elapsed < MOST ? elapsed : MOST);
}

void budget_spend(uint64_t nanoseconds)
{
    spend(nanoseconds, nanoseconds);
}

uint64_t budget_end(struct budget_stamp begun)
{
    uint64_t processor = clock_processor_ns() - begun.processor;
    spend(clock_monotonic_ns() - begun.elapsed, processor);
    return processor;
}
