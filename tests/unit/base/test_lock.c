// SPDX-License-Identifier: MIT
#include "base/lock.h"
#include "base/clock.h"
#include "base/dropped.h"
#include "base/guard.h"
#include "support.h"

#include <pthread.h>

#define SECOND_NS ((uint64_t)1000000000)
#define PATIENCE_NS (5 * SECOND_NS) /* base/lock.c */

static struct lock lock;
static unsigned long counter;

static void *count(void *unused)
{
    for (int i = 0; i < 50000; i++) {
        cr_assert(lock_acquire(&lock));
        counter++;
        lock_release(&lock);
    }
    return NULL;
}

Test(lock, excludes)
{
    pthread_t ids[4];
    for (int i = 0; i < 4; i++)
        pthread_create(&ids[i], NULL, count, NULL);
    for (int i = 0; i < 4; i++)
        pthread_join(ids[i], NULL);
    cr_assert_eq(counter, 200000);
    cr_assert_eq(lock.word, 0);
}

Test(lock, gives_up_after_some_seconds)
{
    support_stop_clock();
    cr_assert(lock_acquire(&lock));
    cr_assert_eq(support_waits(), 0);
    cr_assert_not(lock_acquire(&lock), "held by nobody who would release it");
    cr_assert(support_waited_ns() > PATIENCE_NS && support_waited_ns() <= PATIENCE_NS + SECOND_NS,
              "%lu ns", (unsigned long)support_waited_ns());
    lock_release(&lock);
    cr_assert(lock_acquire(&lock));
}

/* A clock for tests, in a process where somebody releases the lock after all. */
static uint64_t time_now;

static uint64_t read_time(void)
{
    return time_now;
}

static void release_meanwhile(uint64_t nanoseconds)
{
    time_now += nanoseconds;
    if (time_now >= PATIENCE_NS)
        lock_release(&lock);
}

Test(lock, is_patient_that_long)
{
    static const struct clock_source source = {read_time, read_time, release_meanwhile};
    clock_replace(&source);
    cr_assert(lock_acquire(&lock));
    cr_assert(lock_acquire(&lock), "released at the last moment");
    cr_assert_eq(time_now, PATIENCE_NS);
}

Test(lock, reset_frees_it)
{
    cr_assert(lock_acquire(&lock));
    lock_reset(&lock);
    cr_assert(lock_acquire(&lock));
}

Test(guard, is_entered_once_and_keeps_errno)
{
    int saved, again;
    errno = ENOENT;
    cr_assert(guard_enter(&saved));
    cr_assert_not(guard_enter(&again));
    errno = EINVAL;
    guard_leave(saved);
    cr_assert_eq(errno, ENOENT);
    cr_assert(guard_enter(&saved));
}

Test(dropped, counts_by_what_it_was)
{
    drop(DROP_KEY);
    drop(DROP_KEY);
    cr_assert_eq(dropped[DROP_KEY], 2);
    cr_assert_eq(dropped[DROP_TEXT], 0);
}
