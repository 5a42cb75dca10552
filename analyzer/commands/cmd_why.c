// SPDX-License-Identifier: MIT
#include "commands/command.h"
#include "commands/merge.h"

#include "ask/request.h"
#include "ask/supposed.h"
#include "base/memory.h"
#include "base/message.h"
#include "render/why.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static bool has_module(const struct process *process, const char *name)
{
    const struct module *module = process->modules;

    while (module != NULL && !module_is_called(module, name))
        module = module->hh.next;
    return module != NULL;
}

/* The loads that are mapped, else the last one; there is one. Returns it, or the last of them. */
static const struct module *add_modules(struct tree *to, const struct process *process,
                                        const char *name, const struct style *style)
{
    const struct module *module, *mapped = NULL, *last = NULL;

    for (module = process->modules; module != NULL; module = module->hh.next) {
        if (!module_is_called(module, name))
            continue;
        last = module;
        if (module->data->state == MODULE_UNLOADED)
            continue;
        mapped = module;
        tree_add(to, why_tree(process, module, style));
    }
    if (mapped == NULL)
        tree_add(to, why_tree(process, last, style));
    return mapped != NULL ? mapped : last;
}

/* The trees of all processes that have the module; of one process alone without its name. */
static struct tree *find_trees(const struct model *model, const char *name,
                               const struct style *style, int *status)
{
    struct tree forest = {0};

    *status = STATUS_TROUBLE;
    for (const struct process *process = model->processes; process != NULL;
         process = process->hh.next) {
        const struct module *module;
        struct tree *to = &forest;

        if (!model_shows(model, process) || !has_module(process, name))
            continue;
        if (HASH_COUNT(model->processes) > 1)
            to = tree_add(&forest, tree_new(memory_format("Process %" PRId64 " (%s):",
                                                          process->key.pid, process_name(process)),
                                            NULL));
        module = add_modules(to, process, name, style);
        if (module->data->state != MODULE_UNLOADED)
            *status = STATUS_GOOD;
        else if (*status == STATUS_TROUBLE)
            *status = STATUS_FINDINGS;
    }
    return forest.first;
}

/* Columns that the tree takes in front of its words. */
enum { MARGIN = 8 };

/* Returns the exit status. */
static int show(const struct settings *settings, const struct model *model, const char *name)
{
    renderer *render = settings->format != NULL ? settings->format->render : render_text;
    char *title = memory_format("Why %s is mapped", name);
    struct style style = render == render_text ? style_of(stdout, false, false) : (struct style){0};
    struct tree *trees;
    int status;

    if (style.width > 2 * MARGIN)
        style.width -= MARGIN;
    trees = find_trees(model, name, &style, &status);

    if (status != STATUS_TROUBLE && render == render_dot)
        tree_put_dot(stdout, trees);
    else if (status != STATUS_TROUBLE && render == render_html)
        tree_put_html(stdout, trees, title);
    for (const struct tree *tree = render == render_text ? trees : NULL; tree != NULL;
         tree = tree->next)
        tree_put_text(stdout, tree);
    tree_free(trees);
    free(title);
    return fflush(stdout) == 0 && !ferror(stdout) ? status : STATUS_TROUBLE;
}

/* A tree of holders is no report. */
static bool has_format(const struct settings *settings)
{
    const struct format *format = settings->format;

    if (format == NULL || format->render == render_text || format->render == render_dot ||
        format->render == render_html)
        return true;
    message_usage("--format=%s: it must be text, dot or html", format->name);
    return false;
}

static int why_of_file(const struct settings *settings)
{
    const char *path = settings->arguments[0], *name = settings->arguments[1];
    struct model model = {.keep_all = true};
    int status;

    merge_paths(&model, settings, &path, 1);
    if (merge_had_trouble(&model)) {
        model_free(&model);
        return STATUS_TROUBLE;
    }
    status = show(settings, &model, name);
    if (status == STATUS_TROUBLE)
        message_error("%s: no process had a module \"%s\"", path, name);
    model_free(&model);
    return status;
}

/* With -p it is the only argument. */
static const char *name_of(const struct settings *settings)
{
    return settings->arguments[0];
}

/* Prints what a process's report file says in the answer to one request (0: outside of answers). */
static int show_answer(const struct settings *settings, const struct target *target, unsigned token)
{
    struct model model = merge_model_of(settings, target);
    int status;

    supposed_load(&model, target->report, token);
    status = show(settings, &model, name_of(settings));
    model_free(&model);
    return status;
}

enum { AMBIGUOUS = -1 };

/* 0: no such module is mapped. AMBIGUOUS: there are several, which was said. */
static int64_t number_of_module(const struct settings *settings, const struct target *target)
{
    struct model model = merge_model_of(settings, target);
    const struct module *module;
    int64_t id = 0;

    supposed_load(&model, target->report, 0);
    module = supposed_module(&model, name_of(settings));
    if (module != NULL)
        id = supposed_is_ambiguous(&model, name_of(settings)) ? AMBIGUOUS : module->data->id;
    model_free(&model);
    return id;
}

static int why_in_process(struct settings *settings, struct target *target)
{
    int status;

    /* Its file has every module after a first check. */
    if (!request_check(target, &settings->request))
        return STATUS_TROUBLE;
    settings->request.module = number_of_module(settings, target);
    if (settings->request.module == AMBIGUOUS)
        return STATUS_TROUBLE;
    if (settings->request.module == 0) {
        status = show_answer(settings, target, 0);
        if (status == STATUS_TROUBLE)
            message_error("process %d has no module \"%s\"", target->pid, name_of(settings));
        return status;
    }
    settings->request.why = true;
    return request_check(target, &settings->request)
               ? show_answer(settings, target, settings->request.token)
               : STATUS_TROUBLE;
}

static int why(struct settings *settings)
{
    int status = STATUS_TROUBLE;
    struct target target;

    if (!has_format(settings))
        return STATUS_TROUBLE;
    if (settings->argument_count != (settings->pid != NULL ? 1 : 2)) {
        message_usage(settings->pid != NULL ? "name one module"
                                            : "name one report file and one module, or -p PID");
        return STATUS_TROUBLE;
    }
    if (settings->pid == NULL)
        return why_of_file(settings);
    if (target_open(&target, settings->pid))
        status = why_in_process(settings, &target);
    target_close(&target);
    return status;
}

const struct command command_why = {
    .name = "why",
    .summary = "say why a module is still mapped",
    .usage = "dlpin why [options] -p PID MODULE\n       dlpin why [options] FILE MODULE",
    .about = "Says why a module (a path or name) is still mapped: every holder, and what holds "
             "that. A running process is asked now, and needs what dlpin leaks needs; a report "
             "file knows it of modules that were closed, and of those still open at the end.",
    .statuses = "0 if it is mapped, 1 if it was unmapped, 2 if that could not be found out.",
    .missing = "name one report file and one module, or -p PID and one module",
    .argument = "FILE",
    .fewest = 1,
    .most = 2,
    .in = IN_WHY,
    .usage_status = STATUS_TROUBLE,
    .run = why,
};
