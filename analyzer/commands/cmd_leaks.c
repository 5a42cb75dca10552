// SPDX-License-Identifier: MIT
#include "commands/command.h"
#include "commands/merge.h"

#include "ask/request.h"
#include "ask/supposed.h"
#include "base/message.h"
#include "classify/own.h"
#include "classify/package.h"

/* The lines for the loads belong to the text. */
static const struct format *format_of(const struct settings *settings)
{
    bool is_text = settings->format == NULL || settings->format->render == render_text;

    return is_text ? &format_leaks : settings->format;
}

static int show(const struct settings *settings, struct model *model)
{
    static const char *const supposed =
        "this is what would be if the module were unloaded now, without its destructors; nothing "
        "was unloaded";
    const struct report report = {
        .model = model,
        .root = &settings->root,
        .running = true,
        .verbose = settings->verbose,
        .remarks = &supposed,
        .remark_count = settings->module != NULL,
    };
    struct outputs outputs = {0};
    bool good;

    outputs_add(&outputs, format_of(settings), "-");
    outputs_open(&outputs);
    good = outputs_write(&outputs, &report) && !merge_had_trouble(model);
    outputs_clear(&outputs);
    if (!good)
        return STATUS_TROUBLE;
    return model_has_findings(model) ? STATUS_FINDINGS : STATUS_GOOD;
}

static int show_what_is(struct settings *settings, struct target *target)
{
    const char *const paths[] = {target->report};
    struct model model = merge_model_of(settings, target);
    int status;

    merge_paths(&model, settings, paths, 1);
    status = show(settings, &model);
    model_free(&model);
    return status;
}

/* The module's number there; 0, after a message, if there is none. */
static int64_t find_module(const struct settings *settings, const struct target *target)
{
    struct model model = merge_model_of(settings, target);
    const struct module *module;
    int64_t id = 0;

    supposed_load(&model, target->report, 0);
    module = supposed_module(&model, settings->module);
    if (module != NULL)
        id = supposed_is_ambiguous(&model, settings->module) ? 0 : module->data->id;
    else
        message_error("process %d has no module \"%s\" that is loaded", target->pid,
                      settings->module);
    model_free(&model);
    return id;
}

static int show_what_would_be(struct settings *settings, struct target *target)
{
    struct model model = merge_model_of(settings, target);
    int status = STATUS_TROUBLE;

    settings->request.module = find_module(settings, target);
    if (settings->request.module != 0 && request_check(target, &settings->request)) {
        supposed_load(&model, target->report, settings->request.token);
        own_mark(&settings->own, &settings->root, &model);
        package_find(&model);
        status = show(settings, &model);
    }
    model_free(&model);
    return status;
}

static int leaks(struct settings *settings)
{
    int status = STATUS_TROUBLE;
    struct target target;

    if (target_open(&target, settings->arguments[0]) && request_check(&target, &settings->request))
        status = settings->module != NULL ? show_what_would_be(settings, &target)
                                          : show_what_is(settings, &target);
    target_close(&target);
    return status;
}

const struct command command_leaks = {
    .name = "leaks",
    .summary = "ask a running process what it holds of unloaded plug-ins",
    .usage = "dlpin leaks [options] PID [--as-if-unloaded MODULE]",
    .about =
        "Asks a running process to check now, and prints what it holds of modules that are "
        "unloaded: a line for each load that left something behind, then the causes. The process "
        "must run under libdlpin.so with check_signal=32, as dlpin run starts it, and with a "
        "report file.",
    .statuses = "0 if nothing is left, 1 if something is, 2 if the process cannot be asked.",
    .missing = "name one process by its number",
    .argument = "PID",
    .fewest = 1,
    .most = 1,
    .in = IN_LEAKS,
    .usage_status = STATUS_TROUBLE,
    .run = leaks,
};
