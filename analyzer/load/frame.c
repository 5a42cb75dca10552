// SPDX-License-Identifier: MIT
#include "load/frame.h"

#include <stdlib.h>

struct frame frame_read(const struct fields *fields, const json_t *object, const char *role)
{
    const struct fields members = {object, fields->problem, fields->problem_size};

    return (struct frame){
        .role = role,
        .returns = role == NULL,
        .pc = field_address(&members, "pc"),
        .module = field_natural(&members, "module", FIELD_OPTIONAL, RECORD_ABSENT),
        .offset = (uint64_t)field_integer(&members, "offset", FIELD_OPTIONAL, 0),
        .symbol = field_text(&members, "symbol", FIELD_OPTIONAL),
    };
}

void frames_free(struct frame *frames, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        free(frames[i].function);
        free(frames[i].source);
    }
    free(frames);
}
