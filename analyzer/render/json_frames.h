// SPDX-License-Identifier: MIT
/* Frames in the JSON report: an object for each function, also for those that are inlined. */
#ifndef DLPIN_ANALYZER_JSON_FRAMES_H
#define DLPIN_ANALYZER_JSON_FRAMES_H

#include "model/model.h"

#include <jansson.h>

/* Adds function, file, path and line. */
void set_place(json_t *value, const struct frame_place *place);
/* The function that has the symbol. */
json_t *frame_value(const struct process *process, const struct frame *frame);
json_t *stack_value(const struct process *process, const struct frame *frames, size_t count);

#endif
