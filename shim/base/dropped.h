// SPDX-License-Identifier: MIT
/* Counts of events that the shim had to drop, by type. The coverage record reports all of them. */
#ifndef DLPIN_BASE_DROPPED_H
#define DLPIN_BASE_DROPPED_H

#include <stdatomic.h>

/* X(enumerator, "name in the coverage record") */
#define DLPIN_DROPS(X)               \
    X(MODULE, "modules")             \
    X(KEY, "keys")                   \
    X(VALUE, "values")               \
    X(THREAD, "threads")             \
    X(SITE, "call-sites")            \
    X(OWNER, "owners")               \
    X(BLOCK, "blocks")               \
    X(STACK, "stacks")               \
    X(FINDING, "findings")           \
    X(REGISTRATION, "registrations") \
    X(DESCRIPTOR, "descriptors")     \
    X(MAPPING, "mappings")           \
    X(RECORD, "records")             \
    X(TEXT, "text")

#define DLPIN_DROP_ROW(name, ...) DROP_##name,
enum drop { DLPIN_DROPS(DLPIN_DROP_ROW) DROP_COUNT };

extern _Atomic unsigned long dropped[DROP_COUNT];

static inline void drop(enum drop what)
{
    atomic_fetch_add_explicit(&dropped[what], 1, memory_order_relaxed);
}

#endif
