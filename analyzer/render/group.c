// SPDX-License-Identifier: MIT
#include "render/group.h"

#include "base/memory.h"
#include "base/message.h"
#include "load/names.h"
#include "model/function_name.h"
#include "model/growth.h"
#include "model/members.h"
#include "render/about.h"
#include "render/blocks.h"
#include "render/exceptions.h"
#include "render/finding_message.h"
#include "render/put.h"
#include "render/stack.h"
#include "render/titles.h"
#include "render/path.h"
#include "symbolize/demangle.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static const char *const severity_colors[] = {
    [SEVERITY_NOTE] = "\033[36m",
    [SEVERITY_WARNING] = "\033[33m",
    [SEVERITY_ERROR] = "\033[31m",
};

/* "descriptor: plugin.so: descriptor left open" */
static char *heading_text(const struct group *group)
{
    const char *kind = group->shown->data->kind, *title = kind_title(kind);
    char *whose = whose_text(group);
    char *text = memory_format("%s: %s%s%s", kind, whose, title != NULL ? ": " : "",
                               title != NULL ? title : "");

    free(whose);
    return message_printable(text);
}

/* The place is on a line of its own where it would be broken. It is where the thing was made, or
 * what it is. */
static void put_heading(FILE *out, const struct style *style, const struct group *group)
{
    const struct finding *shown = group->shown;
    const char *severity = severity_name(group->severity);
    bool is_of_subject = false;
    char *text = heading_text(group);
    char *place = own_place_text(shown, &is_of_subject);

    fprintf(out, "%s%s%s: %s", style->color ? severity_colors[group->severity] : "", severity,
            style->color ? "\033[0m" : "", text);
    if (place != NULL) {
        size_t columns = strlen(severity) + style_columns(text) + style_columns(place) + 7;
        bool breaks = style->width > 0 && columns > style->width;

        fputs(is_of_subject ? ":" : breaks ? "" : ",", out);
        fputs(breaks ? "\n " : "", out);
        put(out, "%s%s", is_of_subject ? " " : " in ", place);
    }
    fputc('\n', out);
    free(place);
    free(text);
}

/* "1, 3-5": consecutive loads as ranges. */
static void put_loads(FILE *out, const struct group *group)
{
    for (size_t i = 0; i < group->load_count; i++) {
        size_t last = i;

        while (last + 1 < group->load_count && group->loads[last + 1] == group->loads[last] + 1)
            last++;
        fprintf(out, "%s%" PRId64, i == 0 ? "" : ", ", group->loads[i]);
        if (last > i)
            fprintf(out, "%s%" PRId64, last == i + 1 ? ", " : "-", group->loads[last]);
        i = last;
    }
}

/* Of one process the message says it. Only the last time is known of what came again. */
static void put_size(FILE *out, const struct group *group)
{
    bool repeated = group->count > (int64_t)group->process_count;

    if (group->bytes == RECORD_ABSENT || group->process_count < 2)
        return;
    fprintf(out, ", %s%" PRId64 " byte%s", repeated ? "the last of " : "", group->bytes,
            plural(group->bytes));
    if (group->blocks != RECORD_ABSENT)
        fprintf(out, " in %" PRId64 " block%s", group->blocks, plural(group->blocks));
}

/* A module that stays mapped is opened again and again, and is one load. */
static bool is_of_one_load(const struct group *group)
{
    return group->load_count == 1;
}

enum { MEMBERS_SHOWN = 12, COMMAND_SHOWN = 200 };

/* The program with its arguments. */
static char *command_text(const struct process *process)
{
    const struct record *header = process->header;
    const json_t *word;
    char *text = NULL;
    size_t index;

    if (header == NULL && process->host != NULL)
        header = process->host->header;
    json_array_foreach(header != NULL ? header->header.argv : NULL, index, word)
    {
        const char *next = json_string_value(word);
        char *longer = memory_format("%s%s%s", text != NULL ? text : "", text != NULL ? " " : "",
                                     next != NULL ? next : "?");

        free(text);
        text = longer;
    }
    return text != NULL ? text : memory_string(process_name(process));
}

/* ", process 4711 (and 2 more): host open plugin" */
static void put_process(FILE *out, const struct style *style, const struct group *group)
{
    const struct process *process = group->shown->process;
    char *command = command_text(process);
    bool was_cut = !style->verbose && style_cut(command, COMMAND_SHOWN);

    fprintf(out, ", process %" PRId64, process->key.pid);
    if (group->process_count > 1)
        fprintf(out, " (and %zu more)", group->process_count - 1);
    put(out, ": %s%s", command, was_cut ? "…" : "");
    free(command);
}

static void put_times(FILE *out, const struct style *style, const struct group *group)
{
    fprintf(out, "%" PRId64 " time%s", group->count, plural(group->count));
    put_size(out, group);
    if (group->load_count > 0) {
        fprintf(out, ", load%s ", group->load_count == 1 ? "" : "s");
        put_loads(out, group);
    }
    if (group->growing)
        fprintf(out, ", growing with each %s", is_of_one_load(group) ? "opening" : "load");
    put_process(out, style, group);
}

/* How often it was found, from which loads, and in which process. */
static void put_repeats(FILE *out, const struct style *style, const struct group *group)
{
    struct words words;
    char *text;

    words_begin(&words);
    put_times(words.stream, style, group);
    text = words_finish(&words);
    put_wrapped(out, style, "  ", text);
    free(text);
}

/* "all with this cause: a.so, b.so (2) and 12 more" */
static void put_list(FILE *out, const json_t *members, int64_t left)
{
    const json_t *member;
    int64_t count = 0;
    size_t index;

    fputs("all with this cause:", out);
    json_array_foreach(members, index, member)
    {
        const char *name = json_string_value(json_object_get(member, "name"));
        char *whole = name != NULL ? demangle_text(name) : NULL;
        char *readable = whole != NULL ? short_name(whole) : NULL;

        free(whole);
        count = json_integer_value(json_object_get(member, "count"));
        if (readable == NULL || index >= MEMBERS_SHOWN) {
            left++;
            free(readable);
            continue;
        }
        put(out, "%s %s", index == 0 ? "" : ",", readable);
        if (count > 1)
            fprintf(out, " (%" PRId64 ")", count);
        free(readable);
    }
    if (left > 0)
        fprintf(out, " and %" PRId64 " more", left);
}

static void put_members(FILE *out, const struct style *style, const struct group *group)
{
    int64_t left_out;
    json_t *members = group_members(group, &left_out);
    struct words words;
    char *text;

    if (json_array_size(members) > 0) {
        words_begin(&words);
        put_list(words.stream, members, left_out);
        text = words_finish(&words);
        put_wrapped(out, style, "  ", text);
        free(text);
    }
    json_decref(members);
}

/* The function that decides its signature; else the root of the path that leads to it. */
static char *member_name(const struct group *group)
{
    const struct path *path = &group->shown->data->retention_path;

    if (group->signature.function != NULL)
        return memory_string(group->signature.function);
    return path->count > 0 ? path_node_text(group->shown->process, &path->nodes[0])
                           : memory_string("?");
}

/* "and 14 more with this cause: make_b (2 times, sig:…), make_c (sig:…), and 12 more" */
static void put_cause(FILE *out, const struct group *group)
{
    size_t count = 0, shown = 0;

    for (const struct group *other = group->next_of_cause; other; other = other->next_of_cause)
        count++;
    if (count > 0)
        fprintf(out, "  and %zu more with this cause: ", count);
    for (const struct group *other = group->next_of_cause; other && shown < MEMBERS_SHOWN;
         other = other->next_of_cause, shown++) {
        char *name = member_name(other);

        put(out, "%s%s (", shown > 0 ? ", " : "", name);
        free(name);
        if (other->count > 1)
            fprintf(out, "%" PRId64 " times, ", other->count);
        fprintf(out, "sig:%s)", other->signature.text);
    }
    if (count > shown)
        fprintf(out, ", and %zu more", count - shown);
    if (count > 0)
        fputc('\n', out);
}

/* "growth: 1 per load, 5 loads; 1019 loads until pthread_key_create fails" */
static void put_growth(FILE *out, const struct group *group)
{
    const struct growth growth = growth_of(group);

    if (!group->growing || growth.loads == 0)
        return;
    if (growth.things % growth.loads == 0)
        fprintf(out, "  growth: %" PRId64 " per load, %" PRId64 " loads",
                growth.things / growth.loads, growth.loads);
    else
        fprintf(out, "  growth: %" PRId64 " in %" PRId64 " loads", growth.things, growth.loads);
    if (growth.bytes != RECORD_ABSENT)
        put(out, "; %" PRId64 " byte%s in %" PRId64 " block%s %s each time", growth.bytes,
            plural(growth.bytes), growth.blocks, plural(growth.blocks),
            group->shown->data->verdict);
    if (growth.keys_end != RECORD_ABSENT)
        fprintf(out, "; %" PRId64 " load%s until pthread_key_create fails", growth.keys_end,
                plural(growth.keys_end));
    fputc('\n', out);
}

static void put_frames(FILE *out, const struct style *style, const struct finding *finding)
{
    const struct finding_record *data = finding->data;

    for (size_t i = 0; i < data->point_count; i++) {
        if (point_is_idle(&data->points[i]))
            continue;
        put(out, "  %s: ", point_title(data, &data->points[i]));
        put_place(out, finding->process, &data->points[i]);
    }
    put_stack(out, style, finding->process, stack_title(data), data->stack, data->stack_count);
}

/* A block of a module that acts for others, in the middle of the path. */
static bool is_folded(const struct path *path, size_t i)
{
    const struct path_node *node = &path->nodes[i];

    return node->common && !node->leaves && node->skipped == 0 && i > 0 && i + 1 < path->count;
}

static void put_node(FILE *out, const struct finding *finding, size_t i)
{
    const struct path_node *node = &finding->data->retention_path.nodes[i];
    char *text = path_node_text(finding->process, node);

    if (node->skipped > 0)
        fprintf(out, "    … %" PRId64 " more\n", node->skipped);
    put(out, "%s%s", i == 0 ? "    " : "    -> ", text);
    if (node->leaves)
        put(out, " <- the first that %s made", module_identity(finding_module(finding)));
    fputc('\n', out);
    free(text);
}

static void put_path(FILE *out, const struct style *style, const struct finding *finding)
{
    const struct path *path = &finding->data->retention_path;

    if (path->count > 0)
        fputs("  reached by:\n", out);
    for (size_t i = 0; i < path->count; i++) {
        size_t end = i;

        while (!style->verbose && is_folded(path, end))
            end++;
        if (end > i + 1) {
            fprintf(out, "    … %zu blocks of common modules\n", end - i);
            i = end - 1;
            continue;
        }
        put_node(out, finding, i);
    }
}

/* Other places of the same function that have left the same. Those that differ in who called it are
 * one. */
static void put_others(FILE *out, const struct group *group)
{
    char *last = own_frame_text(group->shown);

    for (size_t i = 0; i < group->variant_count; i++) {
        const struct finding *variant = group->variants[i].finding;
        char *place = variant != group->shown ? own_frame_text(variant) : NULL;

        if (place == NULL || (last != NULL && strcmp(place, last) == 0)) {
            free(place);
            continue;
        }
        put(out, "  and another one in %s", place);
        fputc('\n', out);
        free(last);
        last = place;
    }
    free(last);
}

/* As a line of suppressions has it. */
static void put_signature(FILE *out, const struct group *group)
{
    if (group->signature.text[0] == '\0')
        return;
    fprintf(out, "  sig:%s%s\n", group->signature.text,
            group->signature.unstable ? " (unstable: its function has no name)" : "");
}

/* The finding's state in the end. */
static void put_outcome(FILE *out, const struct group *group)
{
    if (group->pending)
        fputs("  reported before the module was unmapped, and nothing was reported after that\n",
              out);
    if (group->shown->resolved != NULL)
        fputs("  no longer true when the process ended\n", out);
    if (group->crash != NULL)
        fprintf(out, "  it came true: process %" PRId64 " crashed, see above\n",
                group->crash->process->key.pid);
}

void put_group(FILE *out, const struct style *style, const struct group *group)
{
    const struct finding *shown = group->shown;

    put_heading(out, style, group);
    put_message(out, style, shown->data, "  ");
    put_repeats(out, style, group);
    put_members(out, style, group);
    put_cause(out, group);
    put_growth(out, group);
    if (shown->data->label != NULL) {
        fputs("  while ", out);
        put_line(out, shown->data->label);
    }
    put_outcome(out, group);
    put_frames(out, style, shown);
    put_others(out, group);
    put_path(out, style, shown);
    put_exceptions_of(out, group);
    put_signature(out, group);
    fputc('\n', out);
}
