// SPDX-License-Identifier: MIT
#include "load/frame.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

struct frame frame_read(const struct fields *fields, const json_t *object, const char *role)
{
    const struct fields members = {object, fields->problem, fields->problem_size};

    return (struct frame){
        .role = role,
        .returns = role == NULL || strcmp(role, "returns_to") == 0,
        .pc = field_address(&members, "pc"),
        .module = field_natural(&members, "module", FIELD_OPTIONAL, RECORD_ABSENT),
        .offset = (uint64_t)field_integer(&members, "offset", FIELD_OPTIONAL, 0),
        .symbol = field_text(&members, "symbol", FIELD_OPTIONAL),
    };
}

static struct frame_place place_of(const char *function, const char *source, const char *path,
                                   int line, bool inlined)
{
    return (struct frame_place){function, source, path, path != NULL ? path : source,
                                line,     inlined};
}

size_t frame_place_count(const struct frame *frame)
{
    return frame->inlined_count + 1;
}

struct frame_place frame_place(const struct frame *frame, size_t number)
{
    const struct inlined *inlined;

    if (number >= frame->inlined_count)
        return place_of(frame->function, frame->source, frame->path, frame->line, false);
    inlined = &frame->inlined[number];
    return place_of(inlined->function, inlined->source, inlined->path, inlined->line, true);
}

static char *copy_text(const char *text)
{
    return text != NULL ? memory_string(text) : NULL;
}

void frame_copy_places(struct frame *frame, const struct frame *from)
{
    for (size_t i = 0; i < from->inlined_count; i++) {
        const struct inlined *inlined = &from->inlined[i];

        ARRAY_PUSH(frame->inlined, frame->inlined_count,
                   (struct inlined){.function = copy_text(inlined->function),
                                    .source = copy_text(inlined->source),
                                    .line = inlined->line});
    }
    frame->function = copy_text(from->function);
    frame->source = copy_text(from->source);
    frame->line = from->line;
    frame->part = copy_text(from->part);
}

void frame_clear(struct frame *frame)
{
    for (size_t i = 0; i < frame->inlined_count; i++) {
        free(frame->inlined[i].function);
        free(frame->inlined[i].source);
    }
    free(frame->inlined);
    free(frame->function);
    free(frame->source);
    free(frame->part);
    frame->inlined = NULL;
    frame->inlined_count = 0;
    frame->function = frame->source = frame->part = NULL;
    frame->path = NULL;
}

void frames_free(struct frame *frames, size_t count)
{
    for (size_t i = 0; i < count; i++)
        frame_clear(&frames[i]);
    free(frames);
}
