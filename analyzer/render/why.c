// SPDX-License-Identifier: MIT
#include "render/why.h"

#include "load/names.h"
#include "render/put.h"

#include <inttypes.h>

enum { DEPTH_MAX = 32, FRAMES_MAX = 8 };

/* The way down to a module. */
struct step {
    const struct module *module;
    const struct step *from;
};

struct tree {
    FILE *out;
    const struct process *process;
    const struct module *shown[1024];
    size_t shown_count;
};

static void indent(FILE *out, const struct step *step)
{
    for (; step->from != NULL; step = step->from)
        fputs("  ", out);
}

static bool was_shown(struct tree *tree, const struct module *module)
{
    for (size_t i = 0; i < tree->shown_count; i++) {
        if (tree->shown[i] == module)
            return true;
    }
    if (tree->shown_count < sizeof tree->shown / sizeof tree->shown[0])
        tree->shown[tree->shown_count++] = module;
    return false;
}

static bool is_about(const struct finding *finding, const struct module *module)
{
    return finding->resolved == NULL && finding->data->module == module->id;
}

/* A finding about several modules lists them. */
static bool has_member(const struct finding *finding, const struct module *module)
{
    const json_t *members = json_object_get(finding->record->json, "members"), *member;
    size_t index;

    if (finding->resolved != NULL)
        return false;
    json_array_foreach(members, index, member)
    {
        if (json_integer_value(json_object_get(member, "module")) == module->id)
            return true;
    }
    return false;
}

static bool is_handle(const struct finding *finding)
{
    return name_to_kind(finding->data->kind) == KIND_HANDLE;
}

/* The finding that has reasons; of several the last, which is how it stays now. */
static const struct finding *still_mapped(const struct tree *tree, const struct module *module)
{
    const struct finding *finding, *found = NULL;

    for (finding = tree->process->findings; finding != NULL; finding = finding->hh.next) {
        if (is_about(finding, module) && !is_handle(finding) &&
            json_is_array(json_object_get(finding->data->subject, "reasons")))
            found = finding;
    }
    return found;
}

static void put_said(struct tree *tree, const struct step *step, const struct finding *finding)
{
    indent(tree->out, step);
    put_message(tree->out, finding->data->message, "  ");
}

static void put_opener(struct tree *tree, const struct step *step,
                       const struct finding_record *data)
{
    size_t line = 0;

    for (size_t i = 0; i < data->stack_count && i < FRAMES_MAX; i++) {
        for (size_t number = 0; number < frame_place_count(&data->stack[i]); number++) {
            indent(tree->out, step);
            fprintf(tree->out, "    #%zu ", line++);
            put_place_of(tree->out, tree->process, &data->stack[i], number);
        }
    }
}

/* Returns whether there are any. */
static bool put_openers(struct tree *tree, const struct step *step, bool say)
{
    const struct finding *finding;
    bool any = false;

    for (finding = tree->process->findings; finding != NULL; finding = finding->hh.next) {
        const struct finding_record *data = finding->data;

        if (!is_handle(finding) ||
            (!is_about(finding, step->module) && !has_member(finding, step->module)))
            continue;
        if (say)
            put_said(tree, step, finding);
        any = true;
        indent(tree->out, step);
        fputs("  opened at:\n", tree->out);
        put_opener(tree, step, data);
    }
    return any;
}

static void put_module(struct tree *tree, const struct step *step);

static void put_holders(struct tree *tree, const struct step *step, const struct finding *finding)
{
    const json_t *reasons = json_object_get(finding->data->subject, "reasons"), *reason;
    size_t index;
    int depth = 0;

    for (const struct step *at = step; at != NULL; at = at->from)
        depth++;
    json_array_foreach(reasons, index, reason)
    {
        const json_t *id = json_object_get(reason, "module");
        const struct step next = {process_module(tree->process, json_integer_value(id)), step};

        if (json_is_integer(id) && next.module != NULL && depth < DEPTH_MAX)
            put_module(tree, &next);
    }
}

/* What is known of one without findings. */
static void put_state(struct tree *tree, const struct step *step)
{
    const char *state = step->module->data->state == MODULE_UNLOADED ? "it was unmapped"
                        : step->module->data->state == MODULE_CLOSED
                            ? "it was closed, and why it stays is not in the report"
                            : "it is open, or needed by one that is";

    indent(tree->out, step);
    fprintf(tree->out, "  %s\n", state);
}

static void put_module(struct tree *tree, const struct step *step)
{
    const struct module *module = step->module;
    const struct finding *finding = still_mapped(tree, module);
    bool again = was_shown(tree, module);

    indent(tree->out, step);
    put(tree->out, "%s, load %" PRId64 " (%s)%s", module_identity(module), module->data->load,
        module_state_name(module->data->state), again ? ": see above" : "");
    fputc('\n', tree->out);
    if (again)
        return;
    if (finding != NULL)
        put_said(tree, step, finding);
    if (!put_openers(tree, step, finding == NULL) && finding == NULL)
        put_state(tree, step);
    if (finding != NULL)
        put_holders(tree, step, finding);
}

void why_put(FILE *out, const struct process *process, const struct module *module)
{
    struct tree tree = {.out = out, .process = process};
    const struct step first = {module, NULL};

    put_module(&tree, &first);
}
