// SPDX-License-Identifier: MIT
#include "render/verdicts.h"

#include "render/put.h"
#include "try/verdict.h"

enum { OUTCOME_WIDTH = 21 };

static const char *color_of(const struct verdict_row *row)
{
    if (row->fails)
        return "\033[31m";
    return row->outcome == OUTCOME_CLEAN ? "\033[32m" : "\033[33m";
}

/* "grows with each load   libEGL.so.1: key-destructor with each load" */
static void put_row(FILE *out, const struct verdict_row *row, bool library, bool color)
{
    fputs(color ? color_of(row) : "", out);
    fprintf(out, "%-*s", OUTCOME_WIDTH, outcome_name(row->outcome));
    fputs(color ? "\033[0m  " : "  ", out);
    put(out, "%s", row->name);
    if (!library)
        fprintf(out, " (came with %zu other%s)", row->users, plural((int64_t)row->users));
    if (row->what[0] != '\0')
        put(out, ": %s", row->what);
    fputc('\n', out);
}

static void put_counts(FILE *out, const struct verdicts *verdicts)
{
    const char *before = "dlpin try: ";

    for (int outcome = 0; outcome < OUTCOME_COUNT; outcome++) {
        if (verdicts->outcomes[outcome] == 0)
            continue;
        fprintf(out, "%s%s: %zu", before, outcome_name((enum outcome)outcome),
                verdicts->outcomes[outcome]);
        before = ", ";
    }
    fputc('\n', out);
}

void put_verdicts(FILE *out, const struct report *report, bool color)
{
    const struct verdicts *verdicts = report->verdicts;

    if (verdicts == NULL)
        return;
    for (size_t i = 0; i < verdicts->count; i++)
        put_row(out, &verdicts->rows[i], i < verdicts->library_count, color);
    if (verdicts->count > 1)
        put_counts(out, verdicts);
    fputc('\n', out);
}
