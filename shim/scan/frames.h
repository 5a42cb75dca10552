// SPDX-License-Identifier: MIT
/*
 * The frames of a thread's stack, one after the other, as far as they are certain
 * (ownership/cfi.h). Under the check lock, inside the guard.
 */
#ifndef DLPIN_SCAN_FRAMES_H
#define DLPIN_SCAN_FRAMES_H

#include "ownership/cfi.h"

#include <stddef.h>

/* The part of a deeper stack after them is searched word by word. */
enum { FRAMES_MAX = 128 };

struct thread_frames {
    unsigned count;
    /* The first is where the thread itself is, with the slot 0; the rest are return addresses. */
    struct {
        uintptr_t pc, slot;
    } list[FRAMES_MAX];
    bool complete;  /* up to the outermost one */
    uintptr_t rest; /* else: where the stack begins that nothing is known of */
};

/* From a frame of which what is known is set. */
void frames_walk(struct cfi_frame from, struct thread_frames *frames);

/* The registers that are known of a thread that waits in the kernel. */
struct cfi_frame frame_of_sample(uintptr_t sp, uintptr_t pc);

#endif
