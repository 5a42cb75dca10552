// SPDX-License-Identifier: MIT
#include "render/junit_verdicts.h"

#include "render/blocks.h"
#include "render/escape.h"
#include "try/verdict.h"

#include <stdlib.h>

/* A library that cannot be loaded alone was not tested. */
static bool is_skipped(const struct verdict_row *row)
{
    return !row->fails && row->outcome == OUTCOME_UNLOADABLE;
}

static void put_attribute(FILE *out, const char *name, const char *value)
{
    fprintf(out, " %s=\"", name);
    xml_put(out, value);
    fputc('"', out);
}

static void put_groups(FILE *out, const struct report *report, const struct verdict_row *row)
{
    for (size_t i = 0; i < row->group_count; i++) {
        char *text;

        if (!report_shows(report, row->groups[i].group))
            continue;
        text = block_of_group(row->groups[i].group);
        xml_put(out, text);
        fputs("\n\n", out);
        free(text);
    }
}

static void put_row(FILE *out, const struct report *report, const struct verdict_row *row)
{
    const char *element = row->fails ? row->crashed ? "error" : "failure" : "system-out";

    fputs("    <testcase classname=\"dlpin try\"", out);
    put_attribute(out, "name", row->name);
    fputs(">\n", out);
    if (is_skipped(row)) {
        fputs("      <skipped", out);
        put_attribute(out, "message", row->what);
        fputs("/>\n", out);
    } else if (row->outcome != OUTCOME_CLEAN || row->group_count > 0) {
        fprintf(out, "      <%s", element);
        if (row->fails) {
            put_attribute(out, "message", outcome_name(row->outcome));
            put_attribute(out, "type", row->crashed ? "crash" : "finding");
        }
        fputc('>', out);
        xml_put(out, outcome_name(row->outcome));
        fputs(row->what[0] != '\0' ? ": " : "", out);
        xml_put(out, row->what);
        fputs("\n\n", out);
        put_groups(out, report, row);
        fprintf(out, "</%s>\n", element);
    }
    fputs("    </testcase>\n", out);
}

struct counts {
    size_t failures, errors, skipped;
};

static struct counts count_rows(const struct verdicts *verdicts)
{
    struct counts counts = {0};

    for (size_t i = 0; i < verdicts->count; i++) {
        const struct verdict_row *row = &verdicts->rows[i];

        counts.errors += row->fails && row->crashed;
        counts.failures += row->fails && !row->crashed;
        counts.skipped += is_skipped(row);
    }
    return counts;
}

void put_junit_verdicts(FILE *out, const struct report *report)
{
    const struct verdicts *verdicts = report->verdicts;
    struct counts counts = count_rows(verdicts);

    fprintf(out,
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
            "<testsuites name=\"dlpin\" tests=\"%zu\" failures=\"%zu\" errors=\"%zu\">\n"
            "  <testsuite name=\"dlpin try\" tests=\"%zu\" failures=\"%zu\" errors=\"%zu\" "
            "skipped=\"%zu\">\n",
            verdicts->count, counts.failures, counts.errors, verdicts->count, counts.failures,
            counts.errors, counts.skipped);
    for (size_t i = 0; i < verdicts->count; i++)
        put_row(out, report, &verdicts->rows[i]);
    fputs("  </testsuite>\n</testsuites>\n", out);
}
