// SPDX-License-Identifier: MIT
/* Frames and names in words, for people: names of the C++ library are shortened. */
#ifndef DLPIN_ANALYZER_PLACE_H
#define DLPIN_ANALYZER_PLACE_H

#include "model/model.h"

/* "function at source:line (module+0xoffset)", as far as it is known; a new string, to be freed.
 * The function is the one that has the symbol. */
char *place_text(const struct process *process, const struct frame *frame);

/* The same of a function at the frame by its number, as frame_place() has it; what is inlined is
 * marked. */
char *place_text_of(const struct process *process, const struct frame *frame, size_t number);

/* A symbol as people write it; a new string, to be freed. */
char *readable_name(const char *symbol);

#endif
