// SPDX-License-Identifier: MIT
#include "lifecycle/locks.h"
#include "base/arena.h"
#include "ownership/sites.h"
#include "registry/key_stubs.h"
#include "registry/threads.h"
#include "report/report.h"

struct lock check_lock;

/* In locking order (base/lock.h). */
static struct lock *const order[] = {&check_lock, &changes_lock, &report_lock,    &registry_lock,
                                     &sites_lock, &modules_lock, &key_stubs_lock, &arena_lock};

/* A bit for each that this thread holds: several may fork at the same time, and one that could not
 * get a lock must not release it. */
static __thread unsigned taken __attribute__((tls_model("initial-exec")));

enum { ALL, BELOW_CHECK };

static void hold(unsigned from)
{
    for (unsigned i = from; i < ARRAY_SIZE(order); i++)
        if (lock_acquire(order[i]))
            taken |= 1u << i;
}

static void let_go(unsigned from)
{
    for (unsigned i = ARRAY_SIZE(order); i-- > from;)
        if (taken & 1u << i)
            lock_release(order[i]);
    taken &= (1u << from) - 1;
}

void locks_hold_all(void)
{
    hold(ALL);
}

void locks_free_all(void)
{
    let_go(ALL);
}

void locks_hold_below_check(void)
{
    hold(BELOW_CHECK);
}

void locks_free_below_check(void)
{
    let_go(BELOW_CHECK);
}

void locks_reset(void)
{
    for (unsigned i = 0; i < ARRAY_SIZE(order); i++)
        lock_reset(order[i]);
    taken = 0;
}
