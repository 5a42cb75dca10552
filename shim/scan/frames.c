// SPDX-License-Identifier: MIT
#include "scan/frames.h"
#include "ownership/prologue.h"
#include "ownership/unwind.h"

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

bool frame_of_caller(struct cfi_frame *frame)
{
    struct caller_context context;
    if (!unwind_caller_context(&context))
        return false;
    *frame = frame_of_sample(context.sp, context.pc);
    frame->exact = false;
#if defined(__x86_64__)
    static const unsigned numbers[UNWIND_REGISTERS] = {3, CFI_FP, 12, 13, 14, 15};
    frame->slot = context.sp - sizeof(uintptr_t);
#else
    static const unsigned numbers[UNWIND_REGISTERS] = {19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29};
#endif
    for (unsigned i = 0; i < UNWIND_REGISTERS; i++)
        cfi_set(frame, numbers[i], context.registers[i]);
    return true;
}
