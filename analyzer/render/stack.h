// SPDX-License-Identifier: MIT
/*
 * Stacks for people. Frames of the program and of modules that act for themselves are the user's;
 * those of common modules (libdlpin(7)), of the C++ standard library wherever it was compiled, and
 * the program's own start code are folded into one line each.
 */
#ifndef DLPIN_ANALYZER_STACK_H
#define DLPIN_ANALYZER_STACK_H

#include "model/model.h"
#include "render/style.h"

/* A title, and a line for each frame or each run of folded ones; nothing where there is no frame.
 * A stack without any frame of the user's is not folded. */
void put_stack(FILE *out, const struct style *style, const struct process *process,
               const char *title, const struct frame *frames, size_t count);

/* Where a finding comes from, for its headline: the first function of the user's in its module, on
 * the stack or in the subject; else the first one of the user's. "start at plugin.c:34", or "start
 * (plugin.so+0x1167)"; to be freed. NULL: there is none. */
char *own_place_text(const struct finding *finding, bool *is_of_subject);

/* The same with the address: places in one line differ in it. */
char *own_frame_text(const struct finding *finding);

/* The same in parts. function, to be freed, and source, which is borrowed, may be NULL. */
struct own_place {
    char *function;
    const char *source;
    int line;
};

struct own_place own_place(const struct finding *finding);

#endif
