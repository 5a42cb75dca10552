// SPDX-License-Identifier: MIT
#include "render/exceptions.h"

#include "load/names.h"
#include "render/put.h"

#include <string.h>

void put_exceptions_of(FILE *out, const struct group *group)
{
    const struct entry *expired = group->expired;

    if (expired != NULL) {
        put(out, "  hidden until %04d-%02d-%02d by %s:%zu%s%s", expired->until / 10000,
            expired->until / 100 % 100, expired->until % 100, expired->file, expired->line,
            expired->reason != NULL ? ": " : "", expired->reason != NULL ? expired->reason : "");
        fputc('\n', out);
    }
    if (group->known != NULL) {
        put(out, "  known: %s:%zu", group->known->file, group->known->line);
        fputc('\n', out);
    }
}

static void put_entry(FILE *out, const char *what, const struct entry *entry)
{
    if (entry->line > 0)
        put(out, "dlpin: %s: %s:%zu: %s", what, entry->file, entry->line, entry->text);
    else
        put(out, "dlpin: %s: %s", what, entry->text);
    fputc('\n', out);
}

static void put_suppressions(FILE *out, const struct report *report, const struct entries *entries)
{
    for (size_t i = 0; i < entries->count; i++) {
        const struct entry *entry = entries->items[i].entry;

        if (entry->type == ENTRY_NOTHING)
            continue;
        if (entry->state == ENTRY_UNUSED)
            put_entry(out, "suppression that matched nothing", entry);
        else if (entry->by_first_part)
            put_entry(out, "suppression that matched another stack", entry);
        else if (report->exceptions->print && !entry->expired)
            put_entry(out, "suppression that matched", entry);
    }
}

static void put_baseline(FILE *out, const struct entries *baseline)
{
    size_t unseen = 0;
    const char *thing =
        baseline->count > 0 && baseline->items[0].entry->line == 0 ? "finding" : "line";

    for (size_t i = 0; i < baseline->count; i++) {
        const struct entry *entry = baseline->items[i].entry;

        if (entry->type == ENTRY_NOTHING)
            continue;
        if (entry->state == ENTRY_FIXED)
            put_entry(out, "fixed", entry);
        else if (entry->by_first_part)
            put_entry(out, "known with another stack", entry);
        unseen += entry->state == ENTRY_UNUSED;
    }
    if (unseen > 0) {
        put(out, "dlpin: %s: %zu %s%s not seen again, without an unloading that could tell",
            baseline->path, unseen, thing, unseen == 1 ? " was" : "s were");
        fputc('\n', out);
    }
}

static void put_known(FILE *out, const struct report *report)
{
    for (const struct group *group = report->model->groups; group != NULL; group = group->hh.next) {
        if (!group->hidden || group->known == NULL || group->suppressed != NULL)
            continue;
        put(out, "dlpin: persisting: %s %s: %s%s%s, sig:%s", severity_name(group->severity),
            group->shown->data->kind, module_identity(finding_module(group->shown)),
            group->signature.function != NULL ? ": " : "",
            group->signature.function != NULL ? group->signature.function : "",
            group->signature.text);
        fputc('\n', out);
    }
}

static void put_numbers(FILE *out, const struct exceptions *exceptions)
{
    if (exceptions->suppressed > 0)
        fprintf(out, "dlpin: %zu suppressed\n", exceptions->suppressed);
    if (exceptions->known > 0) {
        put(out, "dlpin: %zu known: %s", exceptions->known, exceptions->baseline.path);
        fputc('\n', out);
    }
    if (exceptions->added + exceptions->removed > 0) {
        put(out, "dlpin: %s: %zu line%s added, %zu removed", exceptions->baseline.path,
            exceptions->added, plural((int64_t)exceptions->added), exceptions->removed);
        fputc('\n', out);
    }
}

void put_exceptions(FILE *out, const struct report *report)
{
    const struct exceptions *exceptions = report->exceptions;

    if (exceptions == NULL)
        return;
    for (size_t i = 0; i < exceptions->suppression_count; i++)
        put_suppressions(out, report, &exceptions->suppressions[i]);
    if (report->model->processes != NULL)
        put_baseline(out, &exceptions->baseline);
    if (report->list_known)
        put_known(out, report);
    put_numbers(out, exceptions);
}
