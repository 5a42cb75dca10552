// SPDX-License-Identifier: MIT
/* The lock over keys and the list of threads. Its place in the order is in base/lock.h. */
#ifndef DLPIN_REGISTRY_REGISTRY_H
#define DLPIN_REGISTRY_REGISTRY_H

#include "base/lock.h"

extern struct lock registry_lock;

/* Says if a live pointer still leads to memory that a module left behind (scan/reached.h). */
enum reach { REACH_UNKNOWN, REACH_NOTHING, REACH_SOMETHING };

/* Stack frames kept for keys, threads and deletions. */
enum { REGISTRY_FRAMES = 32 };

#endif
