// SPDX-License-Identifier: MIT
#include "base/lock.h"
#include "base/calls.h"
#include "base/clock.h"
#include "base/compiler.h"

#include <linux/futex.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <unistd.h>

#define SECOND ((uint64_t)1000000000)
#define PATIENCE (5 * SECOND)

/* The three-state mutex of Drepper's "Futexes are tricky". */
static COLD bool acquire_slow(struct lock *lock)
{
    uint64_t give_up = clock_monotonic_ns() + PATIENCE;

    while (atomic_exchange_explicit(&lock->word, 2, memory_order_acquire) != 0) {
        clock_wait(&lock->word, 2, SECOND, false);
        /* After the last system call of ours no event is noted any more, so none is missed. */
        if (calls_are_over() || clock_monotonic_ns() > give_up)
            return false;
    }
    return true;
}

bool lock_acquire(struct lock *lock)
{
    uint32_t free_word = 0;
    if (likely(atomic_compare_exchange_strong_explicit(&lock->word, &free_word, 1,
                                                       memory_order_acquire, memory_order_relaxed)))
        return true;
    return acquire_slow(lock);
}

void lock_release(struct lock *lock)
{
    if (atomic_exchange_explicit(&lock->word, 0, memory_order_release) == 2)
        sys_call(SYS_futex, &lock->word, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

void lock_reset(struct lock *lock)
{
    atomic_store(&lock->word, 0);
}
