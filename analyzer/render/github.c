// SPDX-License-Identifier: MIT
/*
 * Annotations of GitHub Actions: lines that are commands to the runner, which shows ten a step. So
 * these are the worst ten, or the worst nine and one that counts the rest; then comes a line for
 * the log, the last one of the text report.
 *
 *   ::error file=src/plugin.c,line=34,title=key-destructor: plugin.so (unloaded)::text
 *
 * What would end the line or a part of it is written as %0A and the like. file and line are left
 * out of what is nowhere in the root.
 */
#include "render/report.h"

#include "render/blocks.h"
#include "render/escape.h"
#include "render/location.h"
#include "render/text.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum {
    ANNOTATIONS = 10,
    TITLE_LENGTH = 200, /* 255 characters are shown */
    TEXT_LENGTH = 4000,
};

static const char *const commands[] = {
    [SEVERITY_NOTE] = "notice",
    [SEVERITY_WARNING] = "warning",
    [SEVERITY_ERROR] = "error",
};

/* ends: what ends this part of a command, beside the end of the line. */
static void put_part(FILE *out, const char *text, const char *ends)
{
    for (const char *at = text; *at != '\0'; at++) {
        if (*at == '%' || *at == '\n' || *at == '\r' || strchr(ends, *at) != NULL)
            fprintf(out, "%%%02X", (unsigned)*at);
        else
            fputc(*at, out);
    }
}

/* Takes title and text over. */
static void put_annotation(FILE *out, enum severity severity, const struct location *location,
                           char *title, char *text)
{
    fprintf(out, "::%s ", commands[severity]);
    if (location->path != NULL) {
        char *path = escape_printable(location->path);

        fputs("file=", out);
        put_part(out, path, ":,");
        fprintf(out, ",line=%d,", location->line);
        free(path);
    }
    fputs("title=", out);
    put_part(out, escape_cut(title, TITLE_LENGTH), ":,");
    fputs("::", out);
    put_part(out, escape_cut(text, TEXT_LENGTH), "");
    fputc('\n', out);
    free(title);
    free(text);
}

static size_t count_all(const struct report *report)
{
    size_t count = report->model->crash_count;

    for (const struct group *group = report->model->groups; group != NULL; group = group->hh.next)
        count += report_shows(report, group);
    return count;
}

void render_github(FILE *out, const struct report *report, bool color)
{
    const struct model *model = report->model;
    size_t count = count_all(report), left = count > ANNOTATIONS ? ANNOTATIONS - 1 : count;
    size_t rest = count - left;

    for (const struct crash *crash = model->crashes; crash != NULL && left > 0;
         crash = crash->next, left--) {
        const struct location location = location_of_crash(report->root, crash);

        put_annotation(out, SEVERITY_ERROR, &location, title_of_crash(crash),
                       block_of_crash(crash));
    }
    for (const struct group *group = model->groups; group != NULL && left > 0;
         group = group->hh.next) {
        const struct location location = location_of_finding(report->root, group->shown);

        if (!report_shows(report, group))
            continue;
        put_annotation(out, group->severity, &location, title_of_group(group),
                       block_of_group(group));
        left--;
    }
    if (rest > 0)
        fprintf(out, "::notice title=dlpin::%zu more are in the report, %s\n", rest,
                report_rest(report));
    put_total(out, report);
}
