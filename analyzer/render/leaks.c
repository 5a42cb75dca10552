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

static bool is_of_load(const struct finding *finding, const struct module *module)
{
    const struct module *about = finding_module(finding);
    size_t count;
    const int64_t *loads = finding_loads(finding, &count);

    if (finding->resolved != NULL || finding->suppressed || about == NULL ||
        strcmp(module_identity(about), module_identity(module)) != 0)
        return false;
    for (size_t i = 0; i < count; i++) {
        if (loads[i] == module->data->load)
            return true;
    }
    return about == module;
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

static void put_holders(FILE *out, const struct process *process, const struct module *module)
{
    struct tree *tree = tree_new(NULL, NULL);

    /* Of several loads the finding says what holds the latest. */
    for (const struct finding *finding = process->findings; finding != NULL;
         finding = finding->next) {
        if (is_of_load(finding, module) && finding_module(finding) == module)
            add_holders(tree, finding);
    }
    tree_put_children(out, tree);
    tree_free(tree);
}

/* "plugin.so, load 2 (unloaded): error key-destructor, warning heap-lost (48 bytes)" */
static void put_load(FILE *out, const struct process *process, const struct module *module)
{
    const struct finding *finding;
    const char *before = ": ";

    for (finding = process->findings; finding != NULL; finding = finding->next) {
        if (!is_of_load(finding, module))
            continue;
        if (*before == ':') {
            put_name(out, module_identity(module));
            fprintf(out, ", load %" PRId64 " (%s)", module->data->load,
                    module_state_name(module->data->state));
        }
        fprintf(out, "%s%s ", before, severity_name((enum severity)finding->severity));
        put_name(out, finding->place->kind);
        if (finding->bytes != RECORD_ABSENT)
            fprintf(out, " (%" PRId64 " bytes)", finding->bytes);
        before = ", ";
    }
    if (*before != ',')
        return;
    fputc('\n', out);
    put_holders(out, process, module);
}

void render_leaks(FILE *out, const struct report *report, bool color)
{
    const struct model *model = report->model;
    struct report rest = *report;
    const struct process *process;
    const struct module *module;

    /* The supposition comes before what follows from it. */
    for (size_t i = 0; i < report->remark_count; i++)
        fprintf(out, "dlpin: %s\n\n", report->remarks[i]);
    rest.remark_count = 0;
    for (process = model->processes; process != NULL; process = process->hh.next) {
        if (!model_shows(model, process))
            continue;
        for (module = process->modules; module != NULL; module = module->hh.next)
            put_load(out, process, module);
    }
    if (model_has_findings(model))
        fputc('\n', out);
    render_text(out, &rest, color);
}
