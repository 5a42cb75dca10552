// SPDX-License-Identifier: MIT
#include "render/stack.h"

#include "base/memory.h"
#include "model/function_name.h"
#include "render/place.h"
#include "render/put.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_SHOWN = 160 };

static const char *name_of(const struct frame *frame)
{
    return frame->function != NULL ? frame->function : frame->symbol;
}

/* The qualified name in a demangled one: behind the type that a template's function returns. */
static const char *qualified_name(const char *name)
{
    const char *start = name;
    int depth = 0;

    for (const char *at = name; *at != '\0' && (*at != '(' || depth > 0); at++) {
        depth += *at == '<';
        depth -= *at == '>' && depth > 0;
        if (*at == ' ' && depth == 0)
            start = at + 1;
    }
    return start;
}

static bool is_of_library(const char *name)
{
    static const char *const own[] = {"std::", "__gnu_cxx::", "_start", "operator new"};
    const char *qualified = qualified_name(name);

    for (size_t i = 0; i < sizeof own / sizeof *own; i++) {
        const char *text = i < 2 ? qualified : name;
        size_t length = strlen(own[i]);

        if (strncmp(text, own[i], length) == 0 && (i != 2 || name[length] == '\0'))
            return true;
    }
    return false;
}

bool frame_is_users(const struct process *process, const struct frame *frame)
{
    const struct module *module = process_module(process, frame->module);
    const char *name = name_of(frame);

    return (module == NULL || !module->data->common) && (name == NULL || !is_of_library(name));
}

static bool has_users(const struct process *process, const struct frame *frames, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (frame_is_users(process, &frames[i]))
            return true;
    }
    return false;
}

/* Where a folded frame is: code of the standard library may be compiled into any module. */
static const char *place_of_folded(const struct process *process, const struct frame *frame)
{
    const struct module *module = process_module(process, frame->module);

    if (module != NULL && module->data->common)
        return module_identity(module);
    return strcmp(name_of(frame), "_start") == 0 ? "_start" : "std";
}

/* "… 3 frames in libc.so.6, libstdc++.so.6" */
static void put_folded(FILE *out, const struct process *process, const struct frame *frames,
                       size_t count)
{
    const char *before = NULL;

    fprintf(out, "    … %zu frame%s in ", count, plural((int64_t)count));
    for (size_t i = 0; i < count; i++) {
        const char *name = place_of_folded(process, &frames[i]);

        if (before != NULL && strcmp(before, name) == 0)
            continue;
        put(out, "%s%s", before != NULL ? ", " : "", name);
        before = name;
    }
    fputc('\n', out);
}

void put_stack(FILE *out, const struct style *style, const struct process *process,
               const char *title, const struct frame *frames, size_t count)
{
    bool folds = !style->verbose && has_users(process, frames, count);

    if (count > 0)
        fprintf(out, "  %s:\n", title);
    for (size_t i = 0; i < count; i++) {
        size_t end = i;

        while (folds && end < count && !frame_is_users(process, &frames[end]))
            end++;
        if (end > i) {
            put_folded(out, process, frames + i, end - i);
            i = end - 1;
            continue;
        }
        fprintf(out, "    #%zu ", i);
        put_place(out, process, &frames[i]);
    }
}

/* module: RECORD_ABSENT stands for any. */
static const struct frame *first_users(const struct process *process, const struct frame *frames,
                                       size_t count, int64_t module)
{
    for (size_t i = 0; i < count; i++) {
        if ((module == RECORD_ABSENT || frames[i].module == module) &&
            frame_is_users(process, &frames[i]))
            return &frames[i];
    }
    return NULL;
}

const struct frame *finding_own_frame(const struct finding *finding)
{
    const struct finding_record *data = finding->data;
    const struct process *process = finding->process;
    const int64_t modules[] = {data->module, RECORD_ABSENT};
    const struct frame *frame = NULL;

    for (size_t i = 0; i < 2 && frame == NULL; i++) {
        frame = first_users(process, data->stack, data->stack_count, modules[i]);
        if (frame == NULL)
            frame = first_users(process, data->points, data->point_count, modules[i]);
    }
    return frame;
}

char *short_place_text(const struct process *process, const struct frame *frame)
{
    const struct module *module = process_module(process, frame->module);
    char *name = name_of(frame) != NULL ? function_name(name_of(frame)) : NULL;
    const char *more = name != NULL && style_cut(name, NAME_SHOWN) ? "…" : "";
    char *text;

    if (name == NULL || frame->source == NULL)
        text = memory_format("%s%s%s%s+0x%" PRIx64 "%s", name != NULL ? name : "", more,
                             name != NULL ? " (" : "", module_identity(module), frame->offset,
                             name != NULL ? ")" : "");
    else if (frame->line > 0)
        text = memory_format("%s%s at %s:%d", name, more, frame->source, frame->line);
    else
        text = memory_format("%s%s at %s", name, more, frame->source);
    free(name);
    return text;
}
