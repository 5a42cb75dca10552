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

void put_modules(FILE *out, const struct report *report)
{
    unsigned width = (unsigned)strlen("module");
    struct row *rows = NULL, *row, *next;
    size_t shown = 0;

    for (const struct group *group = report->model->groups; group != NULL; group = group->hh.next) {
        if (!report_shows(report, group))
            continue;
        count(&rows, group);
        shown++;
    }
    HASH_SORT(rows, compare);
    HASH_ITER (hh, rows, row, next) {
        unsigned columns = style_columns(row->text);

        width = columns > width ? columns : width;
    }
    if (shown > 1)
        put_titles(out, width);
    HASH_ITER (hh, rows, row, next) {
        if (shown > 1)
            put_row(out, row, width);
        HASH_DEL(rows, row);
        free(row->text);
        free(row);
    }
    if (shown > 1)
        fputc('\n', out);
}
