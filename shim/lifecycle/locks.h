// SPDX-License-Identifier: MIT
/*
 * All of our locks together: for a fork or a copy of the process, in which they must be free and
 * what they protect must be whole. The order is that of base/lock.h.
 */
#ifndef DLPIN_LIFECYCLE_LOCKS_H
#define DLPIN_LIFECYCLE_LOCKS_H

#include "base/lock.h"

/* The holder may run the rules, scan, and change the agenda and the findings. */
extern struct lock check_lock;

/* Takes all but own_stack_lock: the thread that ends the process holds that to the end. */
void locks_hold_all(void);
void locks_free_all(void);

/* The same but for the check lock, which the caller has. */
void locks_hold_below_check(void);
void locks_free_below_check(void);

/* In the child or the copy: all of them are free again. */
void locks_reset(void);

#endif
