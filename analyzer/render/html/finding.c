// SPDX-License-Identifier: MIT
#include "render/html/html.h"

#include "base/memory.h"
#include "load/names.h"
#include "model/growth.h"
#include "model/members.h"
#include "render/blocks.h"
#include "render/escape.h"
#include "render/exceptions.h"
#include "render/finding_message.h"
#include "render/put.h"
#include "render/stack.h"
#include "render/titles.h"
#include "symbolize/demangle.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { MESSAGE_LENGTH = 4000, MEMBERS_MAX = 50, LOADS_MAX = 40, OTHERS_MAX = 20 };

static const char *last_part(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash != NULL ? slash + 1 : path;
}

static const char *module_name(const struct finding *finding)
{
    const struct module *module = finding_module(finding);
    const char *path = finding_module_path(finding);

    return module != NULL ? module_identity(module) : path != NULL ? path : "?";
}

/* The place that the report for people has in its headline. */
static void put_own_place(const struct html *html, const struct group *group)
{
    struct own_place place = own_place(group->shown);
    const char *function = place.function != NULL ? place.function : group->signature.function;

    html_name(html, function != NULL ? function : "");
    if (place.source != NULL && place.line > 0) {
        fputs(" <i>", html->out);
        html_format(html, "%s:%d", last_part(place.source), place.line);
        fputs("</i>", html->out);
    }
    free(place.function);
}

/* The columns of a row: how bad, what, of which module, where, how often. The script filters and
 * sorts by them. */
static void put_columns(const struct html *html, const struct group *group)
{
    const struct finding *shown = group->shown;
    const char *title = kind_title(shown->data->kind);

    html_severity(html, group->severity);
    fputs("<span class=\"w\"><b>", html->out);
    html_name(html, shown->data->kind);
    fputs("</b> ", html->out);
    html_name(html, title != NULL ? title : "");
    fputs("</span><span class=\"m\">", html->out);
    html_name(html, module_name(shown));
    fputs("</span><span class=\"p\">", html->out);
    put_own_place(html, group);
    fprintf(html->out, "</span><span class=\"n\">%" PRId64 " time%s</span>", group->count,
            plural(group->count));
}

static void put_paragraphs(const struct html *html, const struct finding_record *data,
                           const char *message)
{
    char *text = escape_cut(message_text(data, message), MESSAGE_LENGTH), *rest = text, *line;

    while ((line = strsep(&rest, "\n")) != NULL) {
        fputs("<p>", html->out);
        html_text(html, line);
        fputs("</p>\n", html->out);
    }
    free(text);
}

/* Reports of older versions have the three in one message. */
static void put_words(const struct html *html, const struct finding_record *data)
{
    if (data->cause == NULL || data->consequence == NULL || data->fix == NULL) {
        put_paragraphs(html, data, data->message);
        return;
    }
    put_paragraphs(html, data, data->cause);
    if (data->consequence[0] != '\0')
        put_paragraphs(html, data, data->consequence);
    if (data->fix[0] == '\0')
        return;
    fputs("<div class=\"fix\"><b>Fix</b>\n", html->out);
    put_paragraphs(html, data, data->fix);
    fputs("</div>\n", html->out);
}

static void begin_fact(const struct html *html, const char *name)
{
    fprintf(html->out, "<dt>%s</dt><dd>", name);
}

static void end_fact(const struct html *html)
{
    fputs("</dd>\n", html->out);
}

/* "1, 3-5": consecutive loads as ranges. */
static void put_loads(const struct html *html, const struct group *group)
{
    size_t ranges = 0;

    for (size_t i = 0; i < group->load_count; i++) {
        size_t last = i;

        while (last + 1 < group->load_count && group->loads[last + 1] == group->loads[last] + 1)
            last++;
        if (ranges++ == LOADS_MAX) {
            fputs(", ...", html->out);
            return;
        }
        fprintf(html->out, "%s%" PRId64, i == 0 ? "" : ", ", group->loads[i]);
        if (last > i)
            fprintf(html->out, "%s%" PRId64, last == i + 1 ? ", " : "-", group->loads[last]);
        i = last;
    }
}

static void put_verdict(const struct html *html, const struct finding *finding)
{
    int verdict = name_to_verdict(finding->data->verdict);

    begin_fact(html, "Verdict");
    html_name(html, finding->data->verdict);
    if (verdict >= 0)
        html_format(html, ": %s", verdict_meaning((enum verdict)verdict));
    end_fact(html);
}

static void put_times(const struct html *html, const struct group *group)
{
    begin_fact(html, "Seen");
    fprintf(html->out, "%" PRId64 " time%s", group->count, plural(group->count));
    if (group->load_count > 0) {
        fprintf(html->out, ", with load%s ", group->load_count == 1 ? "" : "s");
        put_loads(html, group);
    }
    if (group->process_count > 1)
        fprintf(html->out, ", in %zu processes", group->process_count);
    if (group->shown->data->at != NULL)
        html_format(html, "; found at %s", group->shown->data->at);
    end_fact(html);
    if (group->bytes == RECORD_ABSENT)
        return;
    begin_fact(html, "Size");
    fprintf(html->out, "%" PRId64 " byte%s", group->bytes, plural(group->bytes));
    if (group->blocks != RECORD_ABSENT)
        fprintf(html->out, " in %" PRId64 " block%s", group->blocks, plural(group->blocks));
    if (group->count > (int64_t)group->process_count)
        fputs(", the last time", html->out);
    end_fact(html);
}

/* Things of the same finding. */
static void put_members(const struct html *html, const struct group *group)
{
    int64_t left;
    json_t *members = group_members(group, &left);
    const json_t *member;
    size_t index;

    if (json_array_size(members) == 0) {
        json_decref(members);
        return;
    }
    begin_fact(html, "With this cause");
    json_array_foreach(members, index, member)
    {
        const char *name = json_string_value(json_object_get(member, "name"));
        char *readable = name != NULL && index < MEMBERS_MAX ? demangle(name) : NULL;

        left += readable == NULL;
        if (readable == NULL)
            continue;
        fputs(index > 0 ? ", " : "", html->out);
        html_name(html, readable);
        free(readable);
    }
    if (left > 0)
        fprintf(html->out, " and %" PRId64 " more", left);
    end_fact(html);
    json_decref(members);
}

/* Findings of other signatures that have the same cause. */
static void put_cause(const struct html *html, const struct group *group)
{
    size_t shown = 0, left = 0;

    if (group->next_of_cause == NULL)
        return;
    begin_fact(html, "Also with this cause");
    for (const struct group *other = group->next_of_cause; other != NULL;
         other = other->next_of_cause) {
        const char *function = other->signature.function;

        if (shown == MEMBERS_MAX) {
            left++;
            continue;
        }
        fputs(shown++ > 0 ? ", " : "", html->out);
        html_name(html, function != NULL ? function : "?");
        html_format(html, " (sig:%s)", other->signature.text);
    }
    if (left > 0)
        fprintf(html->out, " and %zu more", left);
    end_fact(html);
}

static void put_state(const struct html *html, const struct group *group)
{
    const struct finding *shown = group->shown;
    const struct module *module = finding_module(shown);
    const char *path = finding_module_path(shown);

    begin_fact(html, "Module");
    html_name(html, path != NULL ? path : "?");
    if (module != NULL)
        fprintf(html->out, " (%s)", module_state_name(module->data->state));
    end_fact(html);
    if (shown->data->label != NULL) {
        begin_fact(html, "While");
        html_name(html, shown->data->label);
        end_fact(html);
    }
    if (group->pending || shown->resolved != NULL || group->crash != NULL)
        begin_fact(html, "State");
    if (group->crash != NULL)
        fprintf(html->out, "it came true: process %" PRId64 " crashed. ",
                group->crash->process->key.pid);
    if (group->pending)
        fputs("said before the module was unmapped, and nothing after it. ", html->out);
    if (shown->resolved != NULL)
        fputs("no longer true when the process ended. ", html->out);
    if (group->pending || shown->resolved != NULL || group->crash != NULL)
        end_fact(html);
}

/* Also as a line of a file of suppressions has it. */
static void put_signature(const struct html *html, const struct group *group)
{
    struct words words;
    char *text;

    if (group->signature.text[0] != '\0') {
        begin_fact(html, "Signature");
        fputs("<code>sig:", html->out);
        html_name(html, group->signature.text);
        fprintf(html->out, "</code>%s",
                group->signature.unstable ? ", unstable: its function has no name" : "");
        end_fact(html);
    }
    words_begin(&words);
    put_exceptions_of(words.stream, group);
    text = words_finish(&words);
    if (text[0] != '\0') {
        begin_fact(html, "Exception");
        html_text(html, text);
        end_fact(html);
    }
    free(text);
}

static void put_points(const struct html *html, const struct finding *finding)
{
    const struct finding_record *data = finding->data;

    for (size_t i = 0; i < data->point_count; i++) {
        if (point_is_idle(&data->points[i]))
            continue;
        fputs("<h4>", html->out);
        html_name(html, point_title(data, &data->points[i]));
        fputs("</h4>\n", html->out);
        html_put_stack(html, finding->process, data->module, &data->points[i], 1);
    }
    if (data->stack_count > 0)
        fprintf(html->out, "<h4>%s</h4>\n", stack_title(data));
    html_put_stack(html, finding->process, data->module, data->stack, data->stack_count);
}

/* Other places of the same function that have left the same. */
static void put_others(const struct html *html, const struct group *group)
{
    size_t count = 0;

    for (size_t i = 0; i < group->variant_count && count < OTHERS_MAX; i++) {
        const struct finding *variant = group->variants[i].finding;

        if (variant == group->shown || variant->data->stack_count == 0)
            continue;
        fputs(count++ == 0 ? "<h4>and others at</h4>\n<ol class=\"stack\">\n" : "", html->out);
        html_put_frame(html, variant->process, &variant->data->stack[0]);
    }
    fputs(count > 0 ? "</ol>\n" : "", html->out);
}

void html_put_finding(const struct html *html, const struct group *group, size_t number)
{
    fputs("<li><details><summary>", html->out);
    put_columns(html, group);
    fprintf(html->out, "</summary>\n<div id=\"f%zu\" class=\"body\">\n", number);
    put_words(html, group->shown->data);
    html_put_path(html, group->shown);
    put_points(html, group->shown);
    put_others(html, group);
    html_put_growth(html, group);
    fputs("<dl>\n", html->out);
    put_verdict(html, group->shown);
    put_times(html, group);
    put_state(html, group);
    put_members(html, group);
    put_cause(html, group);
    put_signature(html, group);
    fputs("</dl>\n</div></details>", html->out);
}

void html_put_short_finding(const struct html *html, const struct group *group)
{
    fputs("<li><div class=\"summary\">", html->out);
    put_columns(html, group);
    fputs("</div>", html->out);
}
