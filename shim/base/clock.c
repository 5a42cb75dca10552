// SPDX-License-Identifier: MIT
#include "base/clock.h"
#include "base/calls.h"
#include "base/compiler.h"

#include <linux/futex.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { SECOND = 1000000000, MICROSECOND = 1000 };

static const struct clock_source *replaced;

void clock_replace(const struct clock_source *source)
{
    replaced = source;
}

static uint64_t read_clock(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (uint64_t)now.tv_sec * SECOND + (uint64_t)now.tv_nsec;
}

uint64_t clock_monotonic_ns(void)
{
    return unlikely(replaced) ? replaced->monotonic_ns() : read_clock(CLOCK_MONOTONIC);
}

uint64_t clock_processor_ns(void)
{
    if (unlikely(replaced))
        return replaced->processor_ns();
    return calls_are_filtered() ? 0 : read_clock(CLOCK_THREAD_CPUTIME_ID);
}

static struct timespec span_of(uint64_t nanoseconds)
{
    return (struct timespec){(time_t)(nanoseconds / SECOND), (long)(nanoseconds % SECOND)};
}

/* Uses a call that filters allow; the C library does not use nanosleep(2) any more. */
void clock_pause_us(unsigned microseconds)
{
    uint64_t nanoseconds = (uint64_t)microseconds * MICROSECOND;
    struct timespec pause = span_of(nanoseconds);
    uint32_t nobody = 0;
    if (unlikely(replaced))
        replaced->pass(nanoseconds);
    else
        sys_call(SYS_futex, &nobody, FUTEX_WAIT_PRIVATE, 0, &pause, NULL, 0);
}

void clock_wait(_Atomic uint32_t *word, uint32_t value, uint64_t nanoseconds, bool shared)
{
    struct timespec most = span_of(nanoseconds);
    if (unlikely(replaced))
        replaced->pass(nanoseconds);
    else
        sys_call(SYS_futex, word, shared ? FUTEX_WAIT : FUTEX_WAIT_PRIVATE, value, &most, NULL, 0);
}
