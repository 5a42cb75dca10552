// SPDX-License-Identifier: MIT
/*
 * A futex mutex of our own: not a pthread_mutex, which other tools interpose and which could call
 * back into us.
 *
 * Order, outermost first; whoever takes two takes them in this order:
 *
 *   the loader's locks  >  own_stack  >  check  >  changes  >  report  >
 *   registry (keys, threads)  >  sites  >  modules  >  key_stubs  >  arena
 *
 * All of them are in lifecycle/locks.c, too, in the same order: a child must find them free.
 * own_stack is not taken there: the thread that ends the process holds it to the end.
 *
 * The loader's locks come first because the program calls us with them held (constructors,
 * callbacks of dl_iterate_phdr). So no function that takes them (dl_iterate_phdr, dladdr, dlsym,
 * and unwinding through these) may be called under one of ours. The same holds for any function
 * that runs the program's code.
 *
 * lock_acquire gives up after a few seconds and returns false: a process that was cloned without
 * fork handlers may have inherited a lock from a thread that it does not have. The caller then
 * drops the event and counts it. A missed event is better than a program that waits for ever.
 */
#ifndef DLPIN_BASE_LOCK_H
#define DLPIN_BASE_LOCK_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct lock {
    _Atomic uint32_t word; /* 0 free, 1 held, 2 held and waited for */
};

bool lock_acquire(struct lock *lock) __attribute__((warn_unused_result));
void lock_release(struct lock *lock);

/* In a fork child only: the lock is free again, whoever held it. */
void lock_reset(struct lock *lock);

#endif
