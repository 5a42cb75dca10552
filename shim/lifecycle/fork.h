// SPDX-License-Identifier: MIT
/*
 * Fork: the child must find our locks free and our tables whole. The handlers are registered before
 * any of the program's, so that ours run last before the fork and first after it: the locks are
 * held as briefly as possible, and the program's own handlers run outside of them.
 */
#ifndef DLPIN_LIFECYCLE_FORK_H
#define DLPIN_LIFECYCLE_FORK_H

/* Registers the fork handlers; once. */
void lifecycle_watch_forks(void);

#endif
