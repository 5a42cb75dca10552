// SPDX-License-Identifier: MIT
/*
 * Time, and waiting for it to pass. The whole shim uses these functions, so that a unit test can
 * replace the system's clock: then no decision depends on the speed of the machine.
 *
 * Any thread, at any time, also in signal handlers and before constructors. May change errno.
 */
#ifndef DLPIN_BASE_CLOCK_H
#define DLPIN_BASE_CLOCK_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* Nanoseconds on CLOCK_MONOTONIC. */
uint64_t clock_monotonic_ns(void);

/* Processor time of this thread in nanoseconds; 0 where a filter may forbid the call. */
uint64_t clock_processor_ns(void);

/* Sleeps; unlike nanosleep(2) through libc this is no cancellation point. */
void clock_pause_us(unsigned microseconds);

/* futex(2): waits while the word has this value, at most so long. `shared`: with other processes.
 * May return early. */
void clock_wait(_Atomic uint32_t *word, uint32_t value, uint64_t nanoseconds, bool shared);

/* For unit tests: the clock that stands in for the system's. NULL: the system's again. */
struct clock_source {
    uint64_t (*monotonic_ns)(void);
    uint64_t (*processor_ns)(void);
    void (*pass)(uint64_t nanoseconds); /* called instead of waiting */
};

void clock_replace(const struct clock_source *source);

#endif
