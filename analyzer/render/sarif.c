// SPDX-License-Identifier: MIT
/*
 * SARIF 2.1.0, for code scanning: one run, a rule for each kind of findings, a result for each
 * finding, severest first, known again by its signature ("dlpin/1"). The frames of the stack are
 * related locations, the retention path is a code flow.
 *
 * Each location is a file in the root of the sources, or what stands for one (location.h), for
 * readers refuse others. They also refuse large files, so that there are limits; a notification
 * says what is left out. Suppressed findings are left out, too: not every reader knows the mark.
 */
#include "render/report.h"

#include "base/memory.h"
#include "load/names.h"
#include "model/coverage.h"
#include "render/about.h"
#include "render/blocks.h"
#include "render/crashes.h"
#include "render/escape.h"
#include "render/location.h"
#include "render/finding_message.h"
#include "render/place.h"
#include "render/values.h"
#include "render/path.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum {
    RESULTS_MAX = 5000,
    LOCATIONS_MAX = 1000, /* related ones, of one result */
    STEPS_MAX = 10000,    /* of one result */
    RULE_CRASH = KIND_COUNT,
};

struct sarif {
    const struct report *report;
    json_t *results;
    size_t results_left_out, locations_left_out, steps_left_out;
};

static const char *const root_name = "%SRCROOT%";

/* Of "{0}" at the begin of the text; or 0. */
static size_t placeholder_length(const char *text)
{
    size_t digits = text[0] == '{' ? strspn(text + 1, "0123456789") : 0;

    return digits > 0 && text[digits + 1] == '}' ? digits + 2 : 0;
}

/* "[a](b)" would be a link, and "{0}" stand for an argument. */
static json_t *as_message(const char *text)
{
    char *copy = escape_printable(text), *escaped;
    bool links = strstr(copy, "](") != NULL;
    struct words words;
    json_t *value;

    words_begin(&words);
    for (const char *at = copy; *at != '\0'; at++) {
        size_t length = placeholder_length(at);

        if (*at == '[' && links)
            fputc('\\', words.stream);
        if (length > 0)
            fprintf(words.stream, "{%.*s}", (int)length, at);
        else
            fputc(*at, words.stream);
        at += length > 0 ? length - 1 : 0;
    }
    escaped = words_finish(&words);
    value = text_value(escaped);
    free(escaped);
    free(copy);
    return value;
}

static json_t *message_value(const char *text)
{
    json_t *value = json_object();

    set_member(value, "text", as_message(text));
    return value;
}

/* Takes the text over. */
static json_t *message_owned(char *text)
{
    json_t *value = message_value(text);

    free(text);
    return value;
}

static json_t *uri_value(const char *prefix, const char *path, const char *suffix)
{
    struct words words;
    json_t *value;
    char *uri;

    words_begin(&words);
    fputs(prefix, words.stream);
    for (const char *at = path; *at != '\0'; at++) {
        if (isalnum((unsigned char)*at) || strchr("/-._~", *at) != NULL)
            fputc(*at, words.stream);
        else
            fprintf(words.stream, "%%%02X", (unsigned char)*at);
    }
    fputs(suffix, words.stream);
    uri = words_finish(&words);
    value = text_value(uri);
    free(uri);
    return value;
}

/* Takes the text over; NULL: there is nothing to say of it. */
static json_t *location_value(const struct sarif *sarif, const struct location *location,
                              const struct module *module, char *text)
{
    const struct source_root *root = sarif->report->root;
    json_t *value = json_object(), *physical = json_object(), *region = json_object();
    json_t *artifact = json_object(), *logical = json_object(), *function;

    set_member(artifact, "uri", uri_value("", location_path(location, root, module), ""));
    if (root != NULL && root->real != NULL)
        set_member(artifact, "uriBaseId", text_value(root_name));
    set_member(region, "startLine", json_integer(location->line));
    set_member(physical, "artifactLocation", artifact);
    set_member(physical, "region", region);
    set_member(value, "physicalLocation", physical);
    if (location->function != NULL) {
        char *name = escape_printable(location->function);

        function = json_array();
        set_member(logical, "fullyQualifiedName", text_value(name));
        set_member(logical, "kind", text_value("function"));
        json_array_append(function, logical);
        set_member(value, "logicalLocations", function);
        free(name);
    }
    json_decref(logical);
    if (text != NULL)
        set_member(value, "message", message_owned(text));
    return value;
}

static json_t *place_location(const struct sarif *sarif, const struct process *process,
                              const struct frame *frame, size_t number)
{
    const struct location location = location_of_place(frame, number);

    return location_value(sarif, &location, process_module(process, frame->module),
                          place_text_of(process, frame, number));
}

static size_t lower(size_t count, size_t most)
{
    return count < most ? count : most;
}

static void set_stack(struct sarif *sarif, json_t *result, const struct process *process,
                      const struct frame *frames, size_t count)
{
    json_t *locations = json_array();

    for (size_t i = 0; i < count; i++) {
        for (size_t number = 0; number < frame_place_count(&frames[i]); number++) {
            if (json_array_size(locations) < LOCATIONS_MAX)
                json_array_append_new(locations,
                                      place_location(sarif, process, &frames[i], number));
            else
                sarif->locations_left_out++;
        }
    }
    set_member(result, "relatedLocations", locations);
}

static json_t *step_value(const struct sarif *sarif, const struct process *process,
                          const struct path_node *node)
{
    int64_t module = node->module != RECORD_ABSENT ? node->module : node->owner;
    struct location location = {.line = 1};
    json_t *step = json_object();

    if (node->frame != NULL)
        location = location_of_frame(node->frame);
    set_member(step, "location",
               location_value(sarif, &location, process_module(process, module),
                              path_node_text(process, node)));
    return step;
}

static json_t *one_in_array(json_t *value)
{
    json_t *array = json_array();

    json_array_append_new(array, value);
    return array;
}

static void set_way(struct sarif *sarif, json_t *result, const struct finding *finding)
{
    const struct path *path = &finding->data->retention_path;
    size_t shown = lower(path->count, STEPS_MAX);
    json_t *flow = json_object(), *thread = json_object(), *steps = json_array();

    for (size_t i = 0; i < shown; i++)
        json_array_append_new(steps, step_value(sarif, finding->process, &path->nodes[i]));
    sarif->steps_left_out += path->count - shown;
    set_member(thread, "locations", steps);
    set_member(flow, "threadFlows", one_in_array(thread));
    if (shown > 0)
        set_member(result, "codeFlows", one_in_array(flow));
    else
        json_decref(flow);
}

/* NULL where there is no more room. */
static json_t *new_result(struct sarif *sarif, const char *rule, int index, enum severity severity)
{
    json_t *result;

    if (json_array_size(sarif->results) == RESULTS_MAX) {
        sarif->results_left_out++;
        return NULL;
    }
    result = json_object();
    json_array_append_new(sarif->results, result);
    set_member(result, "ruleId", text_value(rule));
    if (index >= 0)
        set_member(result, "ruleIndex", json_integer(index));
    set_member(result, "level", text_value(severity_name(severity)));
    return result;
}

static void set_properties(json_t *result, const struct group *group)
{
    const struct finding *shown = group->shown;
    char *module = escape_printable(module_identity(finding_module(shown)));
    json_t *value = json_object();

    set_member(value, "verdict", text_value(shown->data->verdict));
    set_member(value, "module", text_value(module));
    set_member(value, "growing", json_boolean(group->growing));
    set_member(value, "thirdParty", json_boolean(group->third_party));
    if (group->package != NULL) {
        char *package = package_text(group->package);
        char *printable = escape_printable(package);

        set_member(value, "package", text_value(printable));
        free(package);
        free(printable);
    }
    if (group->bytes != RECORD_ABSENT)
        set_member(value, "bytes", json_integer(group->bytes));
    set_member(result, "properties", value);
    free(module);
}

static void add_group(struct sarif *sarif, const struct group *group)
{
    const struct report *report = sarif->report;
    const struct finding *shown = group->shown;
    const struct location location = location_of_finding(report->root, shown);
    char *rule = escape_printable(shown->data->kind);
    json_t *result = new_result(sarif, rule, name_to_kind(shown->data->kind), group->severity);

    free(rule);
    if (result == NULL)
        return;
    set_member(result, "message", message_owned(message_text(shown->data, shown->data->message)));
    set_member(result, "locations",
               one_in_array(location_value(sarif, &location, finding_module(shown), NULL)));
    if (group->signature.text[0] != '\0') {
        json_t *prints = json_object();

        set_member(prints, SIGNATURE_VERSION_NAME, text_value(group->signature.text));
        set_member(result, "partialFingerprints", prints);
    }
    set_member(result, "occurrenceCount", json_integer(group->count > 0 ? group->count : 1));
    if (report->exceptions != NULL && report->exceptions->baseline_path != NULL)
        set_member(result, "baselineState", text_value(group->known != NULL ? "unchanged" : "new"));
    set_stack(sarif, result, shown->process, shown->data->stack, shown->data->stack_count);
    set_way(sarif, result, shown);
    set_properties(result, group);
}

static void add_crash(struct sarif *sarif, const struct crash *crash)
{
    const struct location location = location_of_crash(sarif->report->root, crash);
    json_t *result = new_result(sarif, "crash", RULE_CRASH, SEVERITY_ERROR);

    if (result == NULL)
        return;
    set_member(result, "message", message_owned(block_of_crash(crash)));
    set_member(result, "locations",
               one_in_array(location_value(sarif, &location, crash_module(crash), NULL)));
    set_stack(sarif, result, crash->process, crash->data->stack, crash->data->stack_count);
}

static json_t *rule_value(const char *id, const char *title, const char *help, const char *level)
{
    json_t *rule = json_object(), *configuration = json_object(), *properties = json_object();

    set_member(configuration, "level", text_value(level));
    set_member(properties, "problem.severity",
               text_value(strcmp(level, "note") == 0 ? "recommendation" : level));
    set_member(rule, "id", text_value(id));
    set_member(rule, "shortDescription", message_value(title));
    set_member(rule, "fullDescription", message_value(help));
    set_member(rule, "help", message_value(help));
    set_member(rule, "defaultConfiguration", configuration);
    set_member(rule, "properties", properties);
    return rule;
}

/* The title, and a line for each verdict that such a finding may have. */
static json_t *kind_rule(enum kind kind)
{
    char *pairs = memory_string(kind_judgements(kind)), *rest = pairs, *pair;
    const char *level = NULL;
    char *help = memory_format("Kind %s: %s.\n", kind_name(kind), kind_title(kind_name(kind)));
    json_t *rule;

    while ((pair = strsep(&rest, ",")) != NULL) {
        char *verdict = pair + strspn(pair, " "), *severity = strchr(verdict, ' '), *longer;

        *severity++ = '\0';
        level = level != NULL ? level : severity;
        longer = memory_format("%s\n%s (%s): %s.", help, verdict, severity,
                               verdict_meaning((enum verdict)name_to_verdict(verdict)));
        free(help);
        help = longer;
    }
    rule = rule_value(kind_name(kind), kind_title(kind_name(kind)), help,
                      level != NULL ? level : "warning");
    free(pairs);
    free(help);
    return rule;
}

static json_t *tool_value(void)
{
    json_t *tool = json_object(), *driver = json_object(), *rules = json_array();

    for (unsigned kind = 0; kind < KIND_COUNT; kind++)
        json_array_append_new(rules, kind_rule((enum kind)kind));
    json_array_append_new(
        rules, rule_value("crash", "crash in an unloaded module",
                          "A process died at an address of a module that was unloaded.", "error"));
    set_member(driver, "name", text_value("dlpin"));
    set_member(driver, "version", text_value(DLPIN_VERSION));
    set_member(driver, "rules", rules);
    set_member(tool, "driver", driver);
    return tool;
}

/* Takes the text over. */
static void notify(json_t *notifications, const char *level, char *text)
{
    json_t *value = json_object();

    set_member(value, "level", text_value(level));
    set_member(value, "message", message_owned(text));
    json_array_append_new(notifications, value);
}

static void notify_left_out(json_t *notifications, size_t count, const char *what)
{
    if (count > 0)
        notify(notifications, "warning",
               memory_format("%zu %s left out, for there is a limit", count, what));
}

static void notify_unseen(json_t *notifications, const struct report *report)
{
    struct coverage coverage;

    for (size_t i = 0; i < report->remark_count; i++)
        notify(notifications, "warning", memory_string(report->remarks[i]));
    coverage_collect(&coverage, report->model);
    for (size_t i = 0; i < coverage.unseen_count; i++)
        notify(notifications, "note", memory_format("not seen: %s", coverage.unseen[i].text));
    for (size_t i = 0; i < coverage.inactive_count; i++)
        notify(notifications, "note", memory_format("not watched: %s", coverage.inactive[i].text));
    for (size_t i = 0; i < coverage.unfollowed_count; i++) {
        char *text = unfollowed_text(&coverage.unfollowed[i]);

        notify(notifications, "warning", memory_format("not followed: %s", text));
        free(text);
    }
    for (size_t i = 0; i < coverage.killed_count; i++)
        notify(notifications, "note", killed_text(&coverage.killed[i]));
    coverage_clear(&coverage);
}

static json_t *invocation_value(const struct sarif *sarif)
{
    json_t *invocation = json_object(), *notifications = json_array();

    if (sarif->results_left_out > 0)
        notify(notifications, "warning",
               memory_format("%zu results left out, for there is a limit; %s",
                             sarif->results_left_out, report_rest(sarif->report)));
    notify_left_out(notifications, sarif->locations_left_out, "related locations");
    notify_left_out(notifications, sarif->steps_left_out, "steps of code flows");
    notify_unseen(notifications, sarif->report);
    set_member(invocation, "executionSuccessful",
               json_boolean(sarif->report->model->loaded.unreadable == 0));
    set_member(invocation, "toolExecutionNotifications", notifications);
    return invocation;
}

static json_t *run_value(struct sarif *sarif)
{
    const struct model *model = sarif->report->model;
    const struct source_root *root = sarif->report->root;
    json_t *run = json_object();

    for (const struct crash *crash = model->crashes; crash != NULL; crash = crash->next)
        add_crash(sarif, crash);
    for (const struct group *group = model->groups; group != NULL; group = group->hh.next) {
        if (report_shows(sarif->report, group))
            add_group(sarif, group);
    }
    set_member(run, "tool", tool_value());
    set_member(run, "invocations", one_in_array(invocation_value(sarif)));
    if (root != NULL && root->real != NULL) {
        json_t *bases = json_object(), *base = json_object();

        set_member(base, "uri",
                   uri_value("file://", root->real, strcmp(root->real, "/") == 0 ? "" : "/"));
        set_member(bases, root_name, base);
        set_member(run, "originalUriBaseIds", bases);
    }
    set_member(run, "results", sarif->results);
    return run;
}

void render_sarif(FILE *out, const struct report *report, bool color)
{
    struct sarif sarif = {.report = report, .results = json_array()};
    json_t *document = json_object();

    set_member(document, "$schema", text_value("https://json.schemastore.org/sarif-2.1.0.json"));
    set_member(document, "version", text_value("2.1.0"));
    set_member(document, "runs", one_in_array(run_value(&sarif)));
    put_json(out, document);
    json_decref(document);
}
