// SPDX-License-Identifier: MIT
#include "base/clock.h"
#include "support.h"

#include <pthread.h>

Test(clock, never_goes_back)
{
    uint64_t monotonic = clock_monotonic_ns(), processor = clock_processor_ns();
    clock_pause_us(1);
    cr_assert(clock_monotonic_ns() > monotonic);
    cr_assert(clock_processor_ns() >= processor);
}

Test(clock, a_stopped_one_shows_what_is_passed)
{
    support_stop_clock();
    uint64_t monotonic = clock_monotonic_ns(), processor = clock_processor_ns();
    support_pass_ns(7);
    support_pass_processor_ns(5);
    cr_assert_eq(clock_monotonic_ns(), monotonic + 7);
    cr_assert_eq(clock_processor_ns(), processor + 5);
    clock_pause_us(3);
    cr_assert_eq(clock_monotonic_ns(), monotonic + 7 + 3000);
    cr_assert_eq(support_waits(), 1);
}

Test(clock, the_systems_again)
{
    support_stop_clock();
    support_pass_ns((uint64_t)3600 * 1000000000);
    uint64_t later = clock_monotonic_ns();
    clock_replace(NULL);
    cr_assert(clock_monotonic_ns() < later);
}

static _Atomic uint32_t word;

static void *change(void *unused)
{
    word = 1;
    return NULL;
}

/* Without an end if it waited for a word that has changed already, or for its waker alone. */
Test(clock, waits_for_a_word_no_longer_than_asked)
{
    pthread_t id;
    clock_wait(&word, 1, (uint64_t)1 << 60, false);
    clock_wait(&word, 0, 1, false);
    clock_wait(&word, 0, 1, true);
    pthread_create(&id, NULL, change, NULL);
    while (word == 0)
        clock_wait(&word, 0, 1000000, false);
    pthread_join(id, NULL);
    cr_assert_eq(word, 1);
}
