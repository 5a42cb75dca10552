// SPDX-License-Identifier: MIT
#include "ownership/frame_json.h"
#include "modules/named.h"
#include "modules/symbols.h"

void json_module(struct text *text, const char *name, const struct module *module)
{
    if (!module)
        return;
    module_name(module);
    json_number(text, name, module->id);
}

void json_frame_named(struct text *text, const struct frame *frame, const char *symbol)
{
    text_printf(text, "{\"pc\":\"%lx\",\"module\":", (unsigned long)frame->pc);
    if (frame->module) {
        module_name(frame->module);
        text_add_uint(text, frame->module->id);
    } else {
        text_add(text, "null");
    }
    uintptr_t bias = frame->module ? frame->module->bias : 0;
    text_printf(text, ",\"offset\":%lu,\"symbol\":", (unsigned long)(frame->pc - bias));
    text_add_json(text, symbol);
    text_add(text, "}");
}

void json_frame(struct text *text, const struct frame *frame, unsigned back)
{
    char symbol[SYMBOL_MAX];
    bool named = symbol_find(frame->module, frame->pc - back, symbol);
    json_frame_named(text, frame, named ? symbol : NULL);
}

void json_frame_member(struct text *text, const char *name, const struct frame *frame)
{
    if (!frame->pc)
        return;
    json_member(text, name);
    json_frame(text, frame, 0);
}

void json_stack(struct text *text, const struct stack *stack)
{
    text_add(text, ",\"stack\":[");
    for (uint32_t i = 0; stack && i < stack->count; i++) {
        if (i)
            text_add(text, ",");
        json_frame(text, &stack->frames[i], 1);
    }
    text_add(text, "]");
}
