// SPDX-License-Identifier: MIT
#include "scan/frames.h"
#include "ownership/prologue.h"

void frames_walk(struct cfi_frame from, struct thread_frames *frames)
{
    enum cfi_outcome outcome = CFI_STEPPED;
    frames->count = 0;
    for (;;) {
        frames->list[frames->count].pc = from.pc;
        frames->list[frames->count++].slot = from.slot;
        if (frames->count == FRAMES_MAX)
            break;
        outcome = cfi_step(&from);
        if (outcome == CFI_NO_REGISTER && prologue_find_frame_pointer(&from))
            outcome = cfi_step(&from);
        if (outcome != CFI_STEPPED)
            break;
    }
    frames->complete = outcome == CFI_OUTERMOST;
    frames->rest = from.registers[CFI_SP];
}

struct cfi_frame frame_of_sample(uintptr_t sp, uintptr_t pc)
{
    struct cfi_frame frame = {.pc = pc, .exact = true};
    cfi_set(&frame, CFI_SP, sp);
#if defined(__x86_64__)
    cfi_set(&frame, CFI_PC, pc);
#endif
    return frame;
}
