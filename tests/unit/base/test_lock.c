// SPDX-License-Identifier: MIT
#include "base/lock.h"
#include "base/dropped.h"
#include "base/guard.h"
#include "support.h"

#include <pthread.h>
#include <time.h>

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
    time_t start = time(NULL);
    cr_assert(lock_acquire(&lock));
    cr_assert_not(lock_acquire(&lock), "held by nobody who would release it");
    cr_assert(time(NULL) - start >= 4);
    lock_release(&lock);
    cr_assert(lock_acquire(&lock));
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
