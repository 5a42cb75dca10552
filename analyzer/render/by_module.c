// SPDX-License-Identifier: MIT
#include "render/by_module.h"

#include "base/memory.h"
#include "base/message.h"
#include "load/names.h"
#include "render/style.h"

#include <stdlib.h>
#include <string.h>

struct row {
    const char *name; /* borrowed from the model, and the key; */
    char *text;       /* the same without hidden characters */
    size_t counts[SEVERITY_COUNT];
    UT_hash_handle hh;
};

static const char *name_of(const struct group *group)
{
    const struct module *module = finding_module(group->shown);
    const char *path = finding_module_path(group->shown);

    return module != NULL ? module_identity(module) : path != NULL ? path : "?";
}

static void count(struct row **rows, const struct group *group)
{
    const char *name = name_of(group);
    struct row *row = NULL;

    HASH_FIND_STR(*rows, name, row);
    if (row == NULL) {
        row = memory_zeroed(sizeof *row);
        row->name = name;
        row->text = message_printable(memory_string(name));
        HASH_ADD_KEYPTR(hh, *rows, row->name, strlen(row->name), row);
    }
    row->counts[group->severity]++;
}

/* The most errors first, then the most warnings, then the most notes. */
static int compare(const struct row *a, const struct row *b)
{
    for (unsigned severity = SEVERITY_COUNT; severity-- > 0;) {
        if (a->counts[severity] != b->counts[severity])
            return a->counts[severity] < b->counts[severity] ? 1 : -1;
    }
    return strcmp(a->name, b->name);
}

static void put_row(FILE *out, const struct row *row, unsigned width)
{
    fprintf(out, "  %s%*s", row->text, (int)(width - style_columns(row->text)), "");
    for (unsigned severity = SEVERITY_COUNT; severity-- > 0;)
        fprintf(out, "  %8zu", row->counts[severity]);
    fputc('\n', out);
}

static void put_titles(FILE *out, unsigned width)
{
    fprintf(out, "  %-*s", (int)width, "module");
    for (unsigned severity = SEVERITY_COUNT; severity-- > 0;)
        fprintf(out, "  %7ss", severity_name((enum severity)severity));
    fputc('\n', out);
}

static void put_table(FILE *out, const struct row *rows)
{
    unsigned width = (unsigned)strlen("module");

    for (const struct row *row = rows; row != NULL; row = row->hh.next) {
        unsigned columns = style_columns(row->text);

        width = columns > width ? columns : width;
    }
    put_titles(out, width);
    for (const struct row *row = rows; row != NULL; row = row->hh.next)
        put_row(out, row, width);
    fputc('\n', out);
}

static void free_rows(struct row *rows)
{
    struct row *next = rows;

    HASH_CLEAR(hh, rows);
    for (struct row *row = next; row != NULL; row = next) {
        next = row->hh.next;
        free(row->text);
        free(row);
    }
}

void put_modules(FILE *out, const struct report *report)
{
    struct row *rows = NULL;
    size_t shown = 0;

    for (const struct group *group = report->model->groups; group != NULL; group = group->hh.next) {
        if (!report_shows(report, group))
            continue;
        count(&rows, group);
        shown++;
    }
    HASH_SORT(rows, compare);
    if (shown > 1)
        put_table(out, rows);
    free_rows(rows);
}
