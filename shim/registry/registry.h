// SPDX-License-Identifier: MIT
/* The lock over keys and the list of threads. Its place in the order is in base/lock.h. */
#ifndef DLPIN_REGISTRY_REGISTRY_H
#define DLPIN_REGISTRY_REGISTRY_H

#include "base/lock.h"

extern struct lock registry_lock;

/* Stack frames kept for keys, threads and deletions. */
enum { REGISTRY_FRAMES = 32 };

#endif
