// SPDX-License-Identifier: MIT
#include "base/lock.h"
#include "base/calls.h"
#include "base/compiler.h"

#include <linux/futex.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { PATIENCE_SECONDS = 5 };

static long futex(_Atomic uint32_t *word, int op, uint32_t value, const struct timespec *timeout)
{
    return sys_call(SYS_futex, word, op | FUTEX_PRIVATE_FLAG, value, timeout, NULL, 0);
}

static time_t seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec;
}

/* The three-state mutex of Drepper's "Futexes are tricky". */
static COLD bool acquire_slow(struct lock *lock)
{
    time_t give_up = seconds() + PATIENCE_SECONDS;
    struct timespec pause = {1, 0};

    while (atomic_exchange_explicit(&lock->word, 2, memory_order_acquire) != 0) {
        futex(&lock->word, FUTEX_WAIT, 2, &pause);
        /* Where no system call is made any more, nothing is noted that would be missed. */
        if (calls_are_over() || seconds() > give_up)
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
        futex(&lock->word, FUTEX_WAKE, 1, NULL);
}

void lock_reset(struct lock *lock)
{
    atomic_store(&lock->word, 0);
}
