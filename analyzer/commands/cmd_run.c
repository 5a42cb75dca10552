// SPDX-License-Identifier: MIT
#include "commands/command.h"
#include "commands/merge.h"

#include "base/memory.h"
#include "base/message.h"
#include "gate/required.h"
#include "gate/unwatched.h"
#include "model/coverage.h"
#include "run/child.h"
#include "run/environment.h"
#include "run/known_options.h"
#include "run/library.h"
#include "run/remarks.h"
#include "run/workdir.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

/* Everything of one run; zeroed at first, so that end_run() can give back what there is at any
 * point. */
struct run {
    struct settings *settings;
    struct workdir workdir;
    struct program program;
    struct remarks remarks;
    struct child_end end;
    struct model model;
    char *library;
    bool written; /* the baseline, if it was to be */
    struct watching watching;
};

/* To start it would be to kill it; better not to start it at all. */
static bool bears_us(const struct run *run)
{
    const struct sanitizer *sanitizer = run->program.sanitizer;

    if (sanitizer == NULL || sanitizer->bears_us)
        return true;
    message_error("%s: built with %s, which cannot run together with libdlpin.so; use a build "
                  "without it",
                  run->settings->arguments[0], sanitizer->name);
    return false;
}

static int prepare(struct run *run)
{
    const char *name = run->settings->arguments[0];
    struct program library;

    run->library = library_find();
    if (!settings_read_exceptions(run->settings) || run->library == NULL ||
        !known_options_check(run->library, run->settings->extra) ||
        !outputs_open(&run->settings->outputs) || !workdir_open(&run->workdir, run->settings->keep))
        return STATUS_RUN_FAILED;
    program_inspect(&run->program, name);
    if (!bears_us(run))
        return STATUS_RUN_FAILED;
    program_inspect_file(&library, run->library);
    remarks_collect(&run->remarks, &run->program, name, &library);
    program_clear(&library);
    /* Remarks that make the whole run useless are printed before the run, the others with the
     * report. */
    for (size_t i = 0; run->remarks.blind && i < run->remarks.count; i++)
        message_error("%s", run->remarks.items[i]);
    return -1;
}

static int start_and_wait(struct run *run)
{
    const struct settings *settings = run->settings;
    char *preload = run->program.is_musl
                        ? NULL
                        : environment_preload(run->library, run->program.sanitizer_library);
    char *alias = aliases_list(&settings->aliases);
    const struct environment_choices choices = {settings->extra, settings->trace_children,
                                                settings->trace_skip, alias};
    char *variable = environment_options(&choices, run->workdir.path);
    const struct child_plan plan = {
        .argv = settings->arguments,
        .file = run->program.is_elf && !run->program.is_script ? run->program.path : NULL,
        .preload = preload,
        .options = variable,
    };
    int error = child_run(&plan, &run->end);

    free(alias);
    free(preload);
    free(variable);
    if (error < 0) {
        message_error("cannot start a process: %s", strerror(-error));
        return STATUS_RUN_FAILED;
    }
    if (run->end.exec_error == 0)
        return -1;
    message_error("%s: %s", settings->arguments[0], strerror(run->end.exec_error));
    return run->end.exec_error == ENOENT ? 127 : 126;
}

/*
 * The last process image of the program. A process may be several programs one after the other: an
 * image that was replaced by exec (env(1), a shell) does not speak for the next one.
 */
static const struct process *root_process(const struct run *run)
{
    const struct process *process, *found = NULL;

    for (process = run->model.processes; process != NULL; process = process->hh.next) {
        if (process->key.pid == run->end.pid && !process_became_another(process))
            found = process;
    }
    return found;
}

static bool was_loaded_at_first(const struct run *run)
{
    const struct process *process = run->model.processes;

    while (process != NULL && process->key.pid != run->end.pid)
        process = process->hh.next;
    return process != NULL;
}

/* Adds the remarks on the program that its own coverage does not contain. */
static void add_remarks(struct run *run)
{
    const char *name = run->settings->arguments[0];
    const struct process *root = root_process(run);

    if (root == NULL && was_loaded_at_first(run))
        remarks_add(&run->remarks,
                    memory_format("%s: libdlpin.so was not loaded into the program that it became "
                                  "by exec: nothing was seen in that one",
                                  name));
    else if (root == NULL && !run->remarks.blind)
        remarks_add(&run->remarks,
                    memory_format("%s: libdlpin.so was not loaded into it, or could not report: "
                                  "nothing was seen in it",
                                  name));
    else if (root != NULL && run->program.has_own_malloc &&
             (root->coverage == NULL || coverage_has_hook(root, "heap")))
        remarks_add(&run->remarks,
                    memory_format("%s: defines its own malloc: heap blocks are not seen", name));
}

static void load_reports(struct run *run)
{
    size_t count;
    char **files = workdir_files(&run->workdir, &count);

    run->model.count_resolved = run->settings->resolved;
    merge_paths(&run->model, run->settings, (const char *const *)files, count);
    exceptions_apply(&run->settings->exceptions, &run->model);
    run->written = exceptions_write(&run->settings->exceptions, &run->model);
    run->watching = (struct watching){
        .root = root_process(run),
        .spoiled = workdir_spoiled(files, count),
        .full = workdir_is_full(&run->workdir) ? run->workdir.path : NULL,
        .unfollowed_are_good = run->settings->unfollowed_are_good,
    };
    workdir_free_files(files, count);
    add_remarks(run);
}

static bool heap_was_seen(const struct run *run)
{
    const struct process *root = run->watching.root;

    return root != NULL && !run->program.has_own_malloc && coverage_has_hook(root, "heap");
}

static char *nothing_seen(const struct run *run)
{
    if (run->watching.root == NULL && run->watching.full != NULL)
        return memory_format("nothing could be seen in the program, for there is no room for "
                             "reports in %s",
                             run->watching.full);
    if (run->watching.root == NULL)
        return memory_string("nothing could be seen in the program");
    return run->model.loaded.unreadable > 0 ? memory_string("a report file could not be read")
                                            : NULL;
}

/* The status of a run whose program exited with 0. */
static int judge(const struct run *run)
{
    const struct settings *settings = run->settings;
    int status =
        command_fail(required_failure(&settings->required, &run->model, heap_was_seen(run)),
                     STATUS_NOTHING_SEEN);

    if (!settings->gated || status != STATUS_GOOD)
        return status;
    status = command_fail(nothing_seen(run), STATUS_NOTHING_SEEN);
    if (status == STATUS_GOOD)
        status = command_fail(gate_failure(&settings->gate, &run->model), settings->error_status);
    if (status == STATUS_GOOD)
        status = command_fail(gate_blindness(&settings->gate, &run->model), STATUS_NOTHING_SEEN);
    if (status == STATUS_GOOD)
        status = command_fail(unwatched_failure(&run->watching, &run->model), STATUS_NOTHING_SEEN);
    return status;
}

static bool write_reports(struct run *run)
{
    const struct settings *settings = run->settings;
    bool was_killed = WIFSIGNALED(run->end.status);
    const struct report report = {
        .model = &run->model,
        .gate = settings->gated ? &settings->gate : NULL,
        .from = settings->from,
        .verbose = settings->verbose,
        .exceptions = &settings->exceptions,
        .root = &settings->root,
        .remarks = (const char *const *)run->remarks.items,
        .remark_count = run->remarks.count,
        .killed = was_killed ? run->watching.root : NULL,
        .signal = was_killed ? WTERMSIG(run->end.status) : 0,
    };

    return outputs_write(&run->settings->outputs, &report);
}

/* -1: the program died of a signal, which is to be repeated; else the exit status. */
static int report(struct run *run)
{
    bool written;
    int status;

    load_reports(run);
    written = write_reports(run) && run->written;
    if (WIFSIGNALED(run->end.status))
        return -1;
    status = WEXITSTATUS(run->end.status);
    if (status == 0)
        status = judge(run);
    return status == 0 && !written ? STATUS_NOTHING_SEEN : status;
}

static void end_run(struct run *run)
{
    model_free(&run->model);
    remarks_clear(&run->remarks);
    program_clear(&run->program);
    workdir_close(&run->workdir);
    free(run->library);
}

static void add_main_output(struct settings *settings)
{
    if (settings->file != NULL)
        settings_add_output(settings);
    else
        outputs_add_stream(&settings->outputs,
                           settings->format != NULL ? settings->format : &format_default, stderr);
}

static int run_program(struct settings *settings)
{
    struct run run = {.settings = settings};
    int status, wait_status;

    settings->gated |= settings->gate.own_only;
    add_main_output(settings);
    status = prepare(&run);
    if (status < 0)
        status = start_and_wait(&run);
    if (status < 0)
        status = report(&run);
    wait_status = run.end.status;
    end_run(&run);
    if (status < 0)
        child_repeat_signal(WTERMSIG(wait_status));
    return status;
}

const struct command command_run = {
    .name = "run",
    .summary = "run a program and report what unloaded plug-ins left behind",
    .usage = "dlpin run [options] [--] PROGRAM [ARGS]",
    .about = "Runs PROGRAM, unmodified, and reports at its end what unloaded plug-ins left behind "
             "in it and in the processes that it started, on the standard error.",
    .statuses = "that of PROGRAM; a death by signal is repeated. 23 and 24 as above; with --gate "
                "24 also if nothing could be seen in PROGRAM, and always if a report could not be "
                "written. 125 if dlpin itself failed before PROGRAM was started, 126 if PROGRAM "
                "could not be started, 127 if it was not found.",
    .missing = "name the program to run",
    .argument = "PROGRAM",
    .fewest = 1,
    .most = ANY_NUMBER,
    .in = IN_RUN,
    .usage_status = STATUS_RUN_FAILED,
    .runs_program = true,
    .run = run_program,
};
