// SPDX-License-Identifier: MIT
/* The start of a thread: whose function it runs, and whose data it is given. */
#ifndef DLPIN_REGISTRY_THREAD_ROUTINE_H
#define DLPIN_REGISTRY_THREAD_ROUTINE_H

#include "registry/threads.h"

/* From `start_routine`, `argument` and `stack` of a new record: `routine` and what follows it, with
 * references. In the thread that creates the new one, inside the guard, without our locks. */
void thread_find_routine(struct thread *thread);

#endif
