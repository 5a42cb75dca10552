// SPDX-License-Identifier: MIT
/*
 * A running process's leaks: a line for each load that left something behind, with a tree of what
 * holds it, then the causes as in the report for people.
 */
#include "render/report.h"

#include "base/memory.h"
#include "base/message.h"
#include "load/names.h"
#include "render/tree.h"
#include "render/path.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { HOLDERS_MAX = 16 };

/* A finding, and a load that it is about. */
struct leak {
    const char *identity;
    int64_t load;
    size_t number; /* of the finding, in the order of the file */
    const struct finding *finding;
};

struct leaks {
    struct leak *items;
    size_t count;
};

/* A load that has records. */
struct listed {
    const char *identity;
    int64_t load;
    const struct module *module;
};

static int by_load(const char *left, int64_t left_load, const char *right, int64_t right_load)
{
    int order = strcmp(left, right);

    return order != 0 ? order : (left_load > right_load) - (left_load < right_load);
}

static int leaks_by_load(const void *left, const void *right)
{
    const struct leak *a = left, *b = right;
    int order = by_load(a->identity, a->load, b->identity, b->load);

    return order != 0 ? order : (a->number > b->number) - (a->number < b->number);
}

static int listed_by_load(const void *left, const void *right)
{
    const struct listed *a = left, *b = right;

    return by_load(a->identity, a->load, b->identity, b->load);
}

static void add_leak(struct leaks *leaks, const struct finding *finding, size_t number,
                     int64_t load)
{
    const char *identity = module_identity(finding_module(finding));

    ARRAY_PUSH(leaks->items, leaks->count, (struct leak){identity, load, number, finding});
}

/* The loads that a finding names, and the latest, which it describes. */
static void add_loads(struct leaks *leaks, const struct finding *finding, size_t number)
{
    int64_t latest = finding_module(finding)->data->load;
    bool has_latest = false;
    size_t count;
    const int64_t *loads = finding_loads(finding, &count);

    for (size_t i = 0; i < count; i++) {
        has_latest |= loads[i] == latest;
        add_leak(leaks, finding, number, loads[i]);
    }
    if (!has_latest)
        add_leak(leaks, finding, number, latest);
}

static struct leaks collect_leaks(const struct process *process)
{
    struct leaks leaks = {0};
    size_t number = 0;

    for (const struct finding *finding = process->findings; finding != NULL;
         finding = finding->next) {
        if (finding->resolved == NULL && !finding->suppressed && finding_module(finding) != NULL)
            add_loads(&leaks, finding, number++);
    }
    if (leaks.count > 0)
        qsort(leaks.items, leaks.count, sizeof *leaks.items, leaks_by_load);
    return leaks;
}

static struct listed *collect_listed(const struct process *process, size_t *count)
{
    struct listed *listed = NULL;

    *count = 0;
    for (const struct module *module = process->modules; module != NULL; module = module->hh.next)
        ARRAY_PUSH(listed, *count,
                   (struct listed){module_identity(module), module->data->load, module});
    if (*count > 0)
        qsort(listed, *count, sizeof *listed, listed_by_load);
    return listed;
}

static void put_name(FILE *out, const char *name)
{
    char *copy = strdup(name);

    fputs(copy != NULL ? message_printable(copy) : "?", out);
    free(copy);
}

/* The holders of the module by a finding: from the one that points into it up to the root, each
 * below the last. */
static void add_holders(struct tree *tree, const struct finding *finding)
{
    const struct path *path = &finding->data->retention_path;
    size_t end = path->count > HOLDERS_MAX ? path->count - HOLDERS_MAX : 0;
    struct tree *at = path->count > 0 ? tree : NULL;

    for (size_t i = path->count; i-- > end;) {
        char *text = path_node_text(finding->process, &path->nodes[i]);
        bool is_same = at->last != NULL && strcmp(at->last->head, text) == 0;

        at = is_same ? at->last : tree_add(at, tree_new(memory_string(text), NULL));
        free(text);
    }
    if (end > 0)
        tree_add(at, tree_new(memory_format("%zu more", end), NULL));
}

/* Of several loads the finding says what holds the latest. */
static void put_holders(FILE *out, const struct leak *leaks, size_t count)
{
    struct tree *tree = tree_new(NULL, NULL);

    for (size_t i = 0; i < count; i++) {
        if (finding_module(leaks[i].finding)->data->load == leaks[i].load)
            add_holders(tree, leaks[i].finding);
    }
    tree_put_children(out, tree);
    tree_free(tree);
}

/* "plugin.so, load 2 (unloaded): error key-destructor, warning heap-lost (48 bytes)". A load
 * without records is unloaded. */
static void put_load(FILE *out, const struct leak *leaks, size_t count, const struct module *module)
{
    enum module_state state = module != NULL ? module->data->state : MODULE_UNLOADED;

    put_name(out, leaks->identity);
    fprintf(out, ", load %" PRId64 " (%s)", leaks->load, module_state_name(state));
    for (size_t i = 0; i < count; i++) {
        const struct finding *finding = leaks[i].finding;

        fprintf(out, "%s%s ", i == 0 ? ": " : ", ",
                severity_name((enum severity)finding->severity));
        put_name(out, finding->place->kind);
        if (finding->bytes != RECORD_ABSENT)
            fprintf(out, " (%" PRId64 " bytes)", finding->bytes);
    }
    fputc('\n', out);
    put_holders(out, leaks, count);
}

static void put_loads(FILE *out, const struct process *process)
{
    struct leaks leaks = collect_leaks(process);
    size_t listed_count, count;
    struct listed *listed = collect_listed(process, &listed_count);

    for (size_t i = 0; i < leaks.count; i += count) {
        const struct leak *first = &leaks.items[i];
        const struct listed wanted = {first->identity, first->load, NULL}, *found;

        for (count = 1;
             i + count < leaks.count &&
             by_load(first->identity, first->load, first[count].identity, first[count].load) == 0;)
            count++;
        found = bsearch(&wanted, listed, listed_count, sizeof *listed, listed_by_load);
        put_load(out, first, count, found != NULL ? found->module : NULL);
    }
    free(leaks.items);
    free(listed);
}

void render_leaks(FILE *out, const struct report *report, bool color)
{
    const struct model *model = report->model;
    struct report rest = *report;
    const struct process *process;

    /* The supposition comes before what follows from it. */
    for (size_t i = 0; i < report->remark_count; i++)
        fprintf(out, "dlpin: %s\n\n", report->remarks[i]);
    rest.remark_count = 0;
    for (process = model->processes; process != NULL; process = process->hh.next) {
        if (model_shows(model, process))
            put_loads(out, process);
    }
    if (model_has_findings(model))
        fputc('\n', out);
    render_text(out, &rest, color);
}
