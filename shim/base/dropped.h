// SPDX-License-Identifier: MIT
/* What the shim had to leave out, by what it was; it all comes into the coverage record. */
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
