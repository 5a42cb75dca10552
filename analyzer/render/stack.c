// SPDX-License-Identifier: MIT
#include "render/stack.h"

#include "base/memory.h"
#include "model/function_name.h"
#include "render/place.h"
#include "render/put.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_SHOWN = 160, LINES_SHOWN = 20 };

/* A function at a frame. */
struct line {
    const struct frame *frame;
    size_t number;
};

static const char *name_of(const struct line *line)
{
    const struct frame_place at = frame_place(line->frame, line->number);

    return at.function != NULL ? at.function : at.inlined ? NULL : line->frame->symbol;
}

/* The qualified name in a demangled one: after the type that a template's function returns. */
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

/* Every program, and every library, is linked with these. */
static bool is_of_start_files(const char *name)
{
    return strcmp(name, "_start") == 0 || strcmp(name, "__do_global_dtors_aux") == 0;
}

static bool is_of_library(const char *name)
{
    static const char *const own[] = {"std::", "__gnu_cxx::", "operator new"};
    const char *qualified = qualified_name(name);

    for (size_t i = 0; i < sizeof own / sizeof *own; i++) {
        const char *text = i < 2 ? qualified : name;
        size_t length = strlen(own[i]);

        if (strncmp(text, own[i], length) == 0)
            return true;
    }
    return is_of_start_files(name);
}

/* "<alloc::vec::Vec<T>>::push": of Rust, by its name. */
static bool is_of_rust_library(const char *name)
{
    static const char *const crates[] = {"std::", "core::", "alloc::", "hashbrown::"};

    name += strspn(name, "<&");
    for (size_t i = 0; i < sizeof crates / sizeof *crates; i++) {
        if (strncmp(name, crates[i], strlen(crates[i])) == 0)
            return true;
    }
    return false;
}

static bool is_rust(const char *source)
{
    size_t length = strlen(source);

    return length > 3 && strcmp(source + length - 3, ".rs") == 0;
}

/* Is it code of the standard library, in whichever module? */
static bool is_standard(const struct line *line)
{
    const char *name = name_of(line);
    const char *source = frame_place(line->frame, line->number).source;

    if (source != NULL && is_rust(source))
        return name != NULL && is_of_rust_library(name);
    /* Debug information has inlined functions without their namespace. */
    return (source != NULL && strstr(source, "/include/c++/") != NULL) ||
           (name != NULL && is_of_library(name));
}

static bool is_users(const struct process *process, const struct line *line)
{
    const struct module *module = process_module(process, line->frame->module);

    return (module == NULL || !module->data->common) && !is_standard(line);
}

static bool has_users(const struct process *process, const struct line *lines, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (is_users(process, &lines[i]))
            return true;
    }
    return false;
}

/* Where a folded frame is: code of the standard library may be compiled into any module. */
static const char *place_of_folded(const struct process *process, const struct line *line)
{
    const struct module *module = process_module(process, line->frame->module);
    const char *name = name_of(line);

    if (module != NULL && module->data->common)
        return module_identity(module);
    return name != NULL && is_of_start_files(name) ? name : "std";
}

static bool is_named_before(const struct process *process, const struct line *lines, size_t number,
                            const char *name)
{
    for (size_t i = 0; i < number; i++) {
        if (strcmp(place_of_folded(process, &lines[i]), name) == 0)
            return true;
    }
    return false;
}

/* "… 3 frames in libc.so.6, libstdc++.so.6" */
static void put_folded(FILE *out, const struct process *process, const struct line *lines,
                       size_t count)
{
    fprintf(out, "    … %zu frame%s in ", count, plural((int64_t)count));
    for (size_t i = 0; i < count; i++) {
        const char *name = place_of_folded(process, &lines[i]);

        if (!is_named_before(process, lines, i, name))
            put(out, "%s%s", i > 0 ? ", " : "", name);
    }
    fputc('\n', out);
}

static void put_lines(FILE *out, const struct process *process, const struct line *lines,
                      size_t count, bool folds, size_t most)
{
    size_t shown = 0;

    for (size_t i = 0; i < count; i++, shown++) {
        size_t end = i;

        /* The line "… more" takes as much room as the last frame. */
        if (shown == most && i + 1 < count) {
            fprintf(out, "    … %zu more frames (--verbose)\n", count - i);
            return;
        }
        while (folds && end < count && !is_users(process, &lines[end]))
            end++;
        if (end > i) {
            put_folded(out, process, lines + i, end - i);
            i = end - 1;
            continue;
        }
        fprintf(out, "    #%zu ", i);
        put_place_of(out, process, lines[i].frame, lines[i].number);
    }
}

void put_stack(FILE *out, const struct style *style, const struct process *process,
               const char *title, const struct frame *frames, size_t count)
{
    struct line *lines = NULL;
    size_t line_count = 0;

    for (size_t i = 0; i < count; i++) {
        for (size_t number = 0; number < frame_place_count(&frames[i]); number++)
            ARRAY_PUSH(lines, line_count, (struct line){&frames[i], number});
    }
    if (count > 0)
        fprintf(out, "  %s:\n", title);
    put_lines(out, process, lines, line_count,
              !style->verbose && has_users(process, lines, line_count),
              style->verbose ? SIZE_MAX : LINES_SHOWN);
    free(lines);
}

/* module: RECORD_ABSENT stands for any that is not common; the module that a finding is about may
 * be. False: there is none. */
static bool first_users(const struct process *process, const struct frame *frames, size_t count,
                        int64_t module, struct line *found)
{
    for (size_t i = 0; i < count; i++) {
        for (size_t number = 0; number < frame_place_count(&frames[i]); number++) {
            *found = (struct line){&frames[i], number};
            if (module == RECORD_ABSENT ? is_users(process, found)
                                        : frames[i].module == module && !is_standard(found))
                return true;
        }
    }
    return false;
}

static bool own_line(const struct finding *finding, struct line *found)
{
    const struct finding_record *data = finding->data;
    const struct process *process = finding->process;
    const int64_t modules[] = {data->module, RECORD_ABSENT};

    for (size_t i = 0; i < 2; i++) {
        if (first_users(process, data->stack, data->stack_count, modules[i], found) ||
            first_users(process, data->points, data->point_count, modules[i], found))
            return true;
    }
    return false;
}

char *own_frame_text(const struct finding *finding)
{
    struct line line;

    return own_line(finding, &line) ? place_text_of(finding->process, line.frame, line.number)
                                    : NULL;
}

char *own_place_text(const struct finding *finding, bool *is_of_subject)
{
    struct line line;
    struct frame_place at;
    const struct module *module;
    const char *more;
    char *name, *text;

    if (!own_line(finding, &line))
        return NULL;
    *is_of_subject = line.frame->role != NULL;
    at = frame_place(line.frame, line.number);
    module = process_module(finding->process, line.frame->module);
    name = name_of(&line) != NULL ? short_name(name_of(&line)) : NULL;
    more = name != NULL && style_cut(name, NAME_SHOWN) ? "…" : "";
    if (name == NULL || at.shown == NULL)
        text = memory_format("%s%s%s%s+0x%" PRIx64 "%s", name != NULL ? name : "", more,
                             name != NULL ? " (" : "", module_identity(module), line.frame->offset,
                             name != NULL ? ")" : "");
    else if (at.line > 0)
        text = memory_format("%s%s at %s:%d", name, more, at.shown, at.line);
    else
        text = memory_format("%s%s at %s", name, more, at.shown);
    free(name);
    return text;
}

struct own_place own_place(const struct finding *finding)
{
    struct own_place place = {0};
    struct line line;
    struct frame_place at;

    if (!own_line(finding, &line))
        return place;
    at = frame_place(line.frame, line.number);
    place.function = name_of(&line) != NULL ? short_name(name_of(&line)) : NULL;
    place.source = at.source;
    place.line = at.line;
    return place;
}
