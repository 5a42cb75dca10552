// SPDX-License-Identifier: MIT
#include "render/json_frames.h"

#include "base/memory.h"
#include "render/values.h"

#include <inttypes.h>
#include <stdlib.h>

void set_place(json_t *value, const struct frame_place *place)
{
    set_member(value, "function", text_value(place->function));
    set_member(value, "file", text_value(place->source));
    set_member(value, "path", text_value(place->path));
    set_member(value, "line", place->line > 0 ? json_integer(place->line) : json_null());
}

static json_t *place_value(const struct process *process, const struct frame *frame, size_t number)
{
    const struct frame_place place = frame_place(frame, number);
    const struct module *module = process_module(process, frame->module);
    char *pc = memory_format("0x%" PRIx64, frame->pc);
    json_t *value = json_object();

    set_member(value, "pc", text_value(pc));
    set_member(value, "module", module != NULL ? text_value(module_identity(module)) : json_null());
    set_member(value, "module_path", text_value(module != NULL ? module->data->path : NULL));
    set_member(value, "offset", json_integer((json_int_t)frame->offset));
    set_member(value, "symbol", text_value(place.inlined ? NULL : frame->symbol));
    set_place(value, &place);
    set_member(value, "inlined", json_boolean(place.inlined));
    free(pc);
    return value;
}

json_t *frame_value(const struct process *process, const struct frame *frame)
{
    return place_value(process, frame, frame->inlined_count);
}

json_t *stack_value(const struct process *process, const struct frame *frames, size_t count)
{
    json_t *stack = json_array();

    for (size_t i = 0; i < count; i++) {
        for (size_t number = 0; number < frame_place_count(&frames[i]); number++)
            json_array_append_new(stack, place_value(process, &frames[i], number));
    }
    return stack;
}
