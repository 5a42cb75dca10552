// SPDX-License-Identifier: MIT
/*
 * Blocks for the time before the real allocator is known. They come from a small buffer of our own
 * and are never released. Nothing here calls another library or needs relocation.
 */
#ifndef DLPIN_INTERPOSE_BOOTSTRAP_H
#define DLPIN_INTERPOSE_BOOTSTRAP_H

#include "base/compiler.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { BOOTSTRAP_SIZE = 64 * 1024, BOOTSTRAP_ALIGNMENT = 16 };

extern HIDDEN char bootstrap_buffer[BOOTSTRAP_SIZE];

/* NULL: there is no room left. */
void *bootstrap_alloc(size_t size);

/* True: `p` is such a block; and the size that was asked for. */
static inline bool bootstrap_has(const void *p)
{
    return unlikely((uintptr_t)p - (uintptr_t)bootstrap_buffer < BOOTSTRAP_SIZE);
}
size_t bootstrap_size(const void *p);

/* Returns the function to call in place of the real `release`, which does not know these blocks.
 * Called once, when the real functions are known. */
typedef void bootstrap_release(void *p);
bootstrap_release *bootstrap_choose_release(bootstrap_release *release);

#endif
