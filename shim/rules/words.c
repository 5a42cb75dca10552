// SPDX-License-Identifier: MIT
#include "rules/words.h"
#include "modules/symbols.h"

#include <string.h>

enum { INNERMOST = 4 };

void word_module(struct text *text, const struct module *module)
{
    text_add(text, module ? module->identity : "code outside of any module");
    if (module && module->load > 1)
        text_printf(text, " (load %u)", module->load);
}

void word_fate(struct text *text, const struct finding *finding)
{
    word_module(text, finding->module);
    text_add(text, finding->pending         ? " is being closed, and "
                   : finding->object.closed ? " was closed and is still mapped, and "
                                            : " was unloaded, and ");
}

static void word_code(struct text *text, const struct frame *frame, unsigned back)
{
    char name[SYMBOL_MAX];
    if (!frame->module) {
        text_add_hex(text, frame->pc);
        return;
    }
    bool named = symbol_find(frame->module, frame->pc - back, name);
    if (named)
        text_printf(text, "%s (", name);
    text_printf(text, "%s+%lx", frame->module->identity,
                (unsigned long)(frame->pc - frame->module->bias));
    if (named)
        text_add(text, ")");
}

void word_function(struct text *text, const struct frame *frame)
{
    word_code(text, frame, 0);
}

void word_return_address(struct text *text, const struct frame *frame)
{
    word_code(text, frame, 1);
}

void word_signature(struct text *text, const struct frame *frame)
{
    if (!frame->pc || !frame->module || frame->module->runtime)
        return;
    text_printf(text, "|%s+%lx", frame->module->identity,
                (unsigned long)(frame->pc - frame->module->bias));
}

void word_thread(struct text *text, const struct finding *finding)
{
    if (finding->tid == 0)
        text_add(text, "a thread that is about to start");
    else
        text_printf(text, "thread %d", finding->tid);
    if (finding->thread_name[0])
        text_printf(text, " \"%s\"", finding->thread_name);
}

void word_bytes(struct text *text, size_t bytes)
{
    if (bytes)
        text_printf(text, "a block of %zu bytes", bytes);
    else
        text_add(text, "a block");
}

bool word_end_of_threads(struct text *text, const struct module *library)
{
    if (!library || strncmp(library->identity, "libtbb.so", 9) != 0)
        return false;
    text_add(text, "Call tbb::finalize with a tbb::task_scheduler_handle before dlclose: that "
                   "ends the threads of TBB, and waits for them.");
    return true;
}

bool words_stack_names(const struct stack *stack, const char *part)
{
    char name[SYMBOL_MAX];
    for (uint32_t i = 0; stack && i < stack->count && i < INNERMOST; i++) {
        const struct frame *frame = &stack->frames[i];
        if (frame->module && symbol_find(frame->module, frame->pc - 1, name) && strstr(name, part))
            return true;
    }
    return false;
}
