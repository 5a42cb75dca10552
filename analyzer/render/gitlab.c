// SPDX-License-Identifier: MIT
/*
 * GitLab's code quality report: a JSON array with an object for each crash and finding, severest
 * first. GitLab compares those of two branches by fingerprint, which is the signature; it wants a
 * place in the sources of each (location.h).
 */
#include "render/report.h"

#include "base/memory.h"
#include "render/blocks.h"
#include "render/crashes.h"
#include "render/escape.h"
#include "render/location.h"
#include "render/finding_message.h"
#include "render/values.h"

#include <stdlib.h>

static const char *const severities[] = {
    [SEVERITY_NOTE] = "info",
    [SEVERITY_WARNING] = "minor",
    [SEVERITY_ERROR] = "critical",
};

/* Takes the text over. */
static json_t *printable_value(char *text)
{
    char *copy = escape_printable(text);
    json_t *value = text_value(copy);

    free(copy);
    free(text);
    return value;
}

/* Takes description, name and fingerprint over. */
static json_t *issue_value(const struct report *report, const struct location *location,
                           const struct module *module, const char *severity, char *description,
                           char *name, char *fingerprint)
{
    json_t *issue = json_object(), *place = json_object(), *lines = json_object();

    set_member(lines, "begin", json_integer(location->line));
    set_member(place, "path",
               printable_value(memory_string(location_path(location, report->root, module))));
    set_member(place, "lines", lines);
    set_member(issue, "description", printable_value(description));
    set_member(issue, "check_name", printable_value(name));
    set_member(issue, "fingerprint", printable_value(fingerprint));
    set_member(issue, "severity", text_value(severity));
    set_member(issue, "location", place);
    return issue;
}

static json_t *crash_issue(const struct report *report, const struct crash *crash, size_t number)
{
    const struct location location = location_of_crash(report->root, crash);
    const char *module = module_identity(crash_module(crash));
    const char *function = location.function != NULL ? location.function : "?";
    char *signal = crash_signal(crash);
    /* Several may have died alike. */
    char *fingerprint = memory_format("crash %s %s %s %zu", signal, module, function, number);
    char *description = memory_format("%s crashed with %s in %s (%s)", process_name(crash->process),
                                      signal, function, module);

    free(signal);
    return issue_value(report, &location, crash_module(crash), "blocker", description,
                       memory_string("crash"), fingerprint);
}

static json_t *group_issue(const struct report *report, const struct group *group)
{
    const struct finding *shown = group->shown;
    const struct location location = location_of_finding(report->root, shown);

    return issue_value(report, &location, finding_module(shown), severities[group->severity],
                       message_text(shown->data, shown->data->message),
                       memory_string(shown->data->kind), memory_string(group->signature.text));
}

void render_gitlab(FILE *out, const struct report *report, bool color)
{
    json_t *issues = json_array();
    size_t number = 0;

    for (const struct crash *crash = report->model->crashes; crash != NULL; crash = crash->next)
        json_array_append_new(issues, crash_issue(report, crash, ++number));
    for (const struct group *group = report->model->groups; group != NULL; group = group->hh.next) {
        if (report_shows(report, group))
            json_array_append_new(issues, group_issue(report, group));
    }
    put_json(out, issues);
    json_decref(issues);
}
