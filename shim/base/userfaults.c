// SPDX-License-Identifier: MIT
#include "base/userfaults.h"

#include <linux/userfaultfd.h>
#include <stdatomic.h>

static _Atomic bool possible, stop_forks;
static _Atomic int unseen; /* descriptors whose features were not seen */

void userfaults_note_made(void)
{
    atomic_store(&possible, true);
    atomic_fetch_add(&unseen, 1);
}

/* A descriptor from elsewhere is told its features, too; this call is not counted. */
void userfaults_note_features(uint64_t features)
{
    int count = atomic_load(&unseen);
    atomic_store(&possible, true);
    while (count > 0 && !atomic_compare_exchange_weak(&unseen, &count, count - 1))
        ;
    if (features & UFFD_FEATURE_EVENT_FORK)
        atomic_store(&stop_forks, true);
}

bool userfaults_are_possible(void)
{
    return atomic_load_explicit(&possible, memory_order_relaxed);
}

bool userfaults_may_stop_forks(void)
{
    return atomic_load(&stop_forks) || atomic_load(&unseen) > 0;
}

void userfaults_forget(void)
{
    atomic_store(&possible, false);
}
