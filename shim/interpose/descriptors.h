// SPDX-License-Identifier: MIT
#ifndef DLPIN_INTERPOSE_DESCRIPTORS_H
#define DLPIN_INTERPOSE_DESCRIPTORS_H

#include "base/compiler.h"
#include "registry/descriptors.h"

#include <stdio.h>

/* Code at `pc` uses the descriptor. */
void descriptors_note_used(int number, uintptr_t pc) COLD;

static inline void descriptors_used(int number, uintptr_t pc)
{
    if (unlikely(descriptor_is_kept(number)))
        descriptors_note_used(number, pc);
}

/* The stream is about to be closed, and its descriptor with it. */
void descriptors_stream_closes(const FILE *stream);

#endif
