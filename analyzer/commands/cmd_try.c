// SPDX-License-Identifier: MIT
#include "commands/command.h"
#include "commands/merge.h"

#include "base/memory.h"
#include "base/message.h"
#include "run/child.h"
#include "run/known_options.h"
#include "run/library.h"
#include "run/workdir.h"
#include "try/folders.h"
#include "try/pool.h"
#include "try/verdict.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Everything of one call; zeroed at first. */
struct try_run {
    struct settings *settings;
    struct workdir workdir;
    struct trials trials;
    struct model model;
    struct verdicts verdicts;
    char *library, *driver, *own_driver;
};

static bool find_libraries(struct try_run *run)
{
    for (size_t i = 0; i < run->settings->argument_count; i++) {
        if (!trials_add(&run->trials, run->settings->arguments[i]))
            return false;
    }
    if (run->trials.count == 0)
        message_error("there is no library to try");
    return run->trials.count > 0;
}

/* The processes run elsewhere. */
static bool find_own_driver(struct try_run *run)
{
    const char *driver = run->settings->trial.driver;

    if (driver != NULL && run->settings->trial.word_count > 0) {
        message_usage("--driver: it opens and calls by itself, without --flags, --with, --call and "
                      "--before-close");
        return false;
    }
    if (driver == NULL || strchr(driver, '/') == NULL)
        return true;
    run->own_driver = realpath(driver, NULL);
    if (run->own_driver == NULL || access(run->own_driver, X_OK) != 0) {
        message_error("--driver=%s cannot be run: %s", driver, strerror(errno));
        return false;
    }
    run->settings->trial.driver = run->own_driver;
    return true;
}

static bool prepare(struct try_run *run)
{
    struct settings *settings = run->settings;

    run->library = library_find();
    if (run->library == NULL || !settings_read_exceptions(settings) ||
        !known_options_check(run->library, settings->extra))
        return false;
    run->driver = library_driver(run->library);
    return run->driver != NULL && find_own_driver(run) && find_libraries(run) &&
           outputs_open(&settings->outputs) && workdir_open(&run->workdir, NULL);
}

/* The report files of all attempts. */
static char **report_files(const struct try_run *run, size_t *count)
{
    char **files = NULL;

    *count = 0;
    for (size_t i = 0; i < run->trials.count; i++) {
        for (int mode = 0; mode < TRY_MODE_COUNT; mode++) {
            const struct workdir folder = {.path = run->trials.items[i].attempts[mode].folder};
            size_t found = 0;
            char **some = folder.path != NULL ? workdir_files(&folder, &found) : NULL;

            for (size_t j = 0; j < found; j++)
                ARRAY_PUSH(files, *count, some[j]);
            free(some);
        }
    }
    return files;
}

/* False where a baseline could not be written that was to be. */
static bool load_reports(struct try_run *run)
{
    struct settings *settings = run->settings;
    size_t count;
    char **files = report_files(run, &count);
    bool written;

    run->model.count_resolved = settings->resolved;
    merge_paths(&run->model, settings, (const char *const *)files, count);
    workdir_free_files(files, count);
    exceptions_apply(&settings->exceptions, &run->model);
    written = exceptions_write(&settings->exceptions, &run->model);
    verdicts_make(&run->verdicts, &run->trials, &settings->trial, &run->model, run->workdir.path,
                  settings->gated ? &settings->gate : NULL, settings->gate.own_only);
    return written;
}

static struct gate gate_of(const struct settings *settings)
{
    return settings->gated ? settings->gate : verdict_gate(settings->gate.own_only);
}

static bool write_reports(struct try_run *run)
{
    const struct settings *settings = run->settings;
    const struct gate gate = gate_of(settings);
    const struct report report = {
        .model = &run->model,
        .gate = &gate,
        .from = settings->from,
        .verbose = settings->verbose,
        .exceptions = &settings->exceptions,
        .root = &settings->root,
        .verdicts = &run->verdicts,
    };

    return outputs_write(&run->settings->outputs, &report);
}

/* A gate that has seen nothing is not green. */
static bool nothing_was_loaded(const struct try_run *run)
{
    for (size_t i = 0; i < run->verdicts.library_count; i++) {
        if (run->verdicts.rows[i].outcome != OUTCOME_UNLOADABLE)
            return false;
    }
    return true;
}

static int judge(const struct try_run *run)
{
    const struct gate gate = gate_of(run->settings);
    size_t failing = verdicts_failing(&run->verdicts);

    if (failing > 0) {
        message_error("failed: %zu librar%s", failing, failing == 1 ? "y" : "ies");
        return STATUS_FINDINGS;
    }
    if (nothing_was_loaded(run)) {
        message_error("failed: nothing could be loaded");
        return STATUS_TROUBLE;
    }
    return command_fail(gate_blindness(&gate, &run->model), STATUS_TROUBLE);
}

static int try_all(struct try_run *run, int *ending)
{
    const struct pool_plan plan = {
        .plan = &run->settings->trial,
        .driver = run->driver,
        .library = run->library,
        .extra = run->settings->extra,
        .directory = run->workdir.path,
        .progress = isatty(STDERR_FILENO),
    };
    bool good;

    *ending = pool_run(&plan, &run->trials);
    if (*ending != 0)
        return STATUS_TROUBLE;
    good = load_reports(run);
    if (!write_reports(run) || !good || run->model.loaded.unreadable > 0)
        return STATUS_TROUBLE;
    return judge(run);
}

static void end_run(struct try_run *run)
{
    verdicts_clear(&run->verdicts);
    model_free(&run->model);
    trials_clear(&run->trials);
    if (run->workdir.path != NULL)
        folder_remove(run->workdir.path);
    workdir_close(&run->workdir);
    free(run->library);
    free(run->driver);
    free(run->own_driver);
}

static int try_libraries(struct settings *settings)
{
    struct try_run run = {.settings = settings};
    int status = STATUS_TROUBLE, ending = 0;

    settings_add_output(settings);
    if (prepare(&run))
        status = try_all(&run, &ending);
    end_run(&run);
    if (ending != 0)
        child_repeat_signal(ending);
    return status;
}

const struct command command_try = {
    .name = "try",
    .summary = "load and unload libraries, and say what they leave behind",
    .usage = "dlpin try [options] LIBRARY|DIR...",
    .about = "Loads and unloads each library several times: in the main thread, in a thread that "
             "ends afterwards, and opened in one thread and closed in another, each in a process "
             "of its own. Prints a verdict for each library, and the findings. A directory stands "
             "for the shared objects in it, \"-\" for the lines of the standard input. The "
             "constructors of the libraries run with your rights.",
    .statuses =
        "0 if nothing fails, 1 if a library dangles, grows with each load, or ends or holds "
        "up its process (--fail-on says something else), 2 for bad usage, and if nothing "
        "could be loaded or a report not be written.",
    .missing = "name at least one library",
    .argument = "FILE",
    .fewest = 1,
    .most = ANY_NUMBER,
    .in = IN_TRY,
    .usage_status = STATUS_TROUBLE,
    .run = try_libraries,
};
