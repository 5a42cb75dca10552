// SPDX-License-Identifier: MIT
#include "options/options.h"

#include "base/memory.h"
#include "base/message.h"
#include "gate/day.h"
#include "load/names.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

static bool take_help(struct settings *settings, const char *value)
{
    settings->show = SHOW_HELP;
    return true;
}

static bool take_version(struct settings *settings, const char *value)
{
    settings->show = SHOW_VERSION;
    return true;
}

static bool take_gate(struct settings *settings, const char *value)
{
    settings->gated = true;
    return true;
}

static bool take_fail_on(struct settings *settings, const char *value)
{
    settings->gated = true;
    return gate_parse(&settings->gate, value);
}

static bool take_number(const char *name, const char *value, long lowest, long highest,
                        long *number)
{
    char *end;

    errno = 0;
    *number = strtol(value, &end, 10);
    if (end != value && *end == '\0' && errno == 0 && *number >= lowest && *number <= highest)
        return true;
    message_usage("--%s=%s: it must be a number from %ld to %ld", name, value, lowest, highest);
    return false;
}

/* 0 would be a gate that cannot fail. */
static bool take_error_status(struct settings *settings, const char *value)
{
    long number;
    bool good = take_number("error-exitcode", value, 1, 255, &number);

    settings->gated = true;
    settings->error_status = (int)number;
    return good;
}

static const char *required_word(size_t number)
{
    static const char *const words[] = {"heap", "unload", NULL};

    return words[number];
}

static bool take_require(struct settings *settings, const char *value)
{
    static const char unload[] = "unload";
    long number = 1;

    if (strcmp(value, "heap") == 0) {
        settings->required.heap = true;
        return true;
    }
    if (strncmp(value, unload, sizeof unload - 1) != 0 ||
        (value[sizeof unload - 1] != '\0' && value[sizeof unload - 1] != '=')) {
        message_usage("--require=%s: it must be heap or unload, or unload=N", value);
        return false;
    }
    if (value[sizeof unload - 1] == '=' &&
        !take_number("require=unload", value + sizeof unload, 1, INT_MAX, &number))
        return false;
    settings->required.unloaded = (size_t)number;
    return true;
}

static const char *unwatched_word(size_t number)
{
    static const char *const words[] = {"fail", "ok", NULL};

    return words[number];
}

static bool take_unwatched(struct settings *settings, const char *value)
{
    settings->unfollowed_are_good = strcmp(value, "ok") == 0;
    if (settings->unfollowed_are_good || strcmp(value, "fail") == 0)
        return true;
    message_usage("--unwatched=%s: it must be fail or ok", value);
    return false;
}

static const char *answer_word(size_t number)
{
    static const char *const words[] = {"yes", "no", NULL};

    return words[number];
}

static bool take_trace_children(struct settings *settings, const char *value)
{
    settings->trace_children = strcmp(value, "yes") == 0;
    if (settings->trace_children || strcmp(value, "no") == 0)
        return true;
    message_usage("--trace-children=%s: it must be yes or no", value);
    return false;
}

static bool take_trace_skip(struct settings *settings, const char *value)
{
    settings->trace_skip = value;
    if (strpbrk(value, "\":") == NULL)
        return true;
    message_usage("--trace-children-skip=%s: DLPIN_OPTIONS cannot hold '\"' or ':' in it", value);
    return false;
}

static bool take_options(struct settings *settings, const char *value)
{
    settings->extra = value;
    return true;
}

static bool take_format(struct settings *settings, const char *value)
{
    settings->format = format_find(value);
    return settings->format != NULL;
}

static bool take_report(struct settings *settings, const char *value)
{
    return outputs_add_argument(&settings->outputs, value);
}

static bool take_file(struct settings *settings, const char *value)
{
    settings->file = value;
    return true;
}

static bool take_source_root(struct settings *settings, const char *value)
{
    return source_root_set(&settings->root, value);
}

static bool take_sysroot(struct settings *settings, const char *value)
{
    return search_set_sysroot(&settings->search, value);
}

static bool take_debug_path(struct settings *settings, const char *value)
{
    return search_add_debug_path(&settings->search, value);
}

static bool take_own(struct settings *settings, const char *value)
{
    ARRAY_PUSH(settings->own.globs, settings->own.glob_count, value);
    return true;
}

static bool take_alias(struct settings *settings, const char *value)
{
    if (aliases_add(&settings->aliases, value))
        return true;
    message_usage(
        "--alias=%s: it must be GLOB=NAME, without ',', ':' or '\"', and without '/' in NAME",
        value);
    return false;
}

static bool take_own_only(struct settings *settings, const char *value)
{
    settings->gate.own_only = true;
    return true;
}

static bool take_sarif_fallback(struct settings *settings, const char *value)
{
    return source_root_set_fallback(&settings->root, value);
}

static bool take_keep(struct settings *settings, const char *value)
{
    settings->keep = value;
    return true;
}

static bool take_resolved(struct settings *settings, const char *value)
{
    settings->resolved = true;
    return true;
}

static bool take_verbose(struct settings *settings, const char *value)
{
    settings->verbose = true;
    return true;
}

static const char *severity_word(size_t number)
{
    return number < SEVERITY_COUNT ? severity_name((enum severity)number) : NULL;
}

static bool take_min_severity(struct settings *settings, const char *value)
{
    int severity = name_to_severity(value);

    settings->from = (enum severity)severity;
    if (severity < 0)
        message_usage("--min-severity=%s: it must be note, warning or error", value);
    return severity >= 0;
}

static bool take_suppressions(struct settings *settings, const char *value)
{
    struct exceptions *exceptions = &settings->exceptions;

    ARRAY_PUSH(exceptions->suppression_paths, exceptions->suppression_count, value);
    return true;
}

static bool take_print_suppressions(struct settings *settings, const char *value)
{
    settings->exceptions.print = true;
    return true;
}

static bool take_baseline(struct settings *settings, const char *value)
{
    settings->exceptions.baseline_path = value;
    return true;
}

static bool take_no_baseline(struct settings *settings, const char *value)
{
    settings->exceptions.show_known = true;
    return true;
}

static bool take_write_baseline(struct settings *settings, const char *value)
{
    settings->exceptions.write = true;
    return true;
}

static bool take_update_baseline(struct settings *settings, const char *value)
{
    settings->exceptions.update = true;
    return true;
}

static bool take_today(struct settings *settings, const char *value)
{
    settings->exceptions.today = day_parse(value, strlen(value));
    if (settings->exceptions.today == 0)
        message_usage("--today=%s: it must be a day, YYYY-MM-DD", value);
    return settings->exceptions.today != 0;
}

static bool take_module(struct settings *settings, const char *value)
{
    settings->module = value;
    return true;
}

static bool take_pid(struct settings *settings, const char *value)
{
    settings->pid = value;
    return true;
}

static bool take_timeout(struct settings *settings, const char *value)
{
    long number;
    bool good = take_number("timeout", value, 1, 86400, &number);

    settings->request.seconds = (unsigned)number;
    settings->trial.seconds = number;
    return good;
}

static bool take_loads(struct settings *settings, const char *value)
{
    return take_number("loads", value, 1, 100000, &settings->trial.loads);
}

static bool take_jobs(struct settings *settings, const char *value)
{
    return take_number("jobs", value, 1, 1024, &settings->trial.jobs);
}

static bool take_call(struct settings *settings, const char *value)
{
    try_plan_add(&settings->trial, "call", value);
    return true;
}

static bool take_before_close(struct settings *settings, const char *value)
{
    try_plan_add(&settings->trial, "before-close", value);
    return true;
}

static bool take_with(struct settings *settings, const char *value)
{
    try_plan_hold(&settings->trial, value);
    return true;
}

static const char *flag_word(size_t number)
{
    static const char *const words[] = {"now", "global", "deepbind", NULL};

    return words[number];
}

static bool take_flags(struct settings *settings, const char *value)
{
    return try_plan_add_words(&settings->trial, value, flag_word) ||
           (message_usage("--flags=%s: only now, global and deepbind are known", value), false);
}

static bool take_only(struct settings *settings, const char *value)
{
    for (size_t i = 0; try_mode_word(i) != NULL; i++) {
        if (strcmp(value, try_mode_word(i)) != 0)
            continue;
        settings->trial.only = (int)i;
        return true;
    }
    message_usage("--only=%s: it must be main, thread or cross", value);
    return false;
}

static bool take_driver(struct settings *settings, const char *value)
{
    settings->trial.driver = value;
    return true;
}

static bool take_force(struct settings *settings, const char *value)
{
    settings->request.force = true;
    return true;
}

const struct option_row option_rows[] = {
    {0, "gate", NULL, IN_RUN, take_gate,
     "exit with 23 if PROGRAM exited with 0 and findings fail the gate", NULL},
    {0, "fail-on", "LIST", IN_RUN | IN_CHECK | IN_DIFF | IN_TRY, take_fail_on,
     "what fails the gate: a severity with all above it, kinds of findings, verdicts, growth (what "
     "each further load adds), separated by commas (default: warning; in try: what dangles, and "
     "what grows with each load); in run it implies "
     "--gate",
     gate_word},
    {0, "error-exitcode", "N", IN_RUN, take_error_status, "N instead of 23; implies --gate", NULL},
    {0, "require", "WHAT", IN_RUN | IN_CHECK, take_require,
     "exit with 24, check with 2, if the heap blocks of PROGRAM could not be seen (heap), or if "
     "fewer than N modules were unloaded (unload=N, unload: 1); may be given for each of them",
     required_word},
    {0, "unwatched", "ANSWER", IN_RUN | IN_CHECK | IN_DIFF, take_unwatched,
     "whether --gate exits with 24, and check and diff with 2, for a program that was started and "
     "not followed; in check and diff also for a report that is not complete (default: fail)",
     unwatched_word},
    {0, "trace-children", "ANSWER", IN_RUN, take_trace_children,
     "watch the processes that PROGRAM starts, too (default: yes)", answer_word},
    {0, "trace-children-skip", "GLOBS", IN_RUN, take_trace_skip,
     "but not those of programs with such names, nor what they start; separated by commas", NULL},
    {0, "options", "LIST", IN_RUN | IN_TRY, take_options,
     "more options for libdlpin.so, as in DLPIN_OPTIONS; libdlpin(7) has them", NULL},
    {'o', "output", "FILE", IN_READERS, take_file, "write what --format says to FILE", NULL},
    {0, "format", "FORMAT", IN_READERS | IN_LEAKS | IN_WHY, take_format,
     "the form of the report (default: text); why has text, dot and html", format_name},
    {0, "report", "FORMAT:FILE", IN_READERS, take_report,
     "write FORMAT to FILE as well; may be given several times", NULL},
    {0, "source-root", "DIR", IN_READERS | IN_LEAKS, take_source_root,
     "the folder of the program's sources, to which paths in reports for other tools are relative "
     "(default: the current one); modules in it, or built from it, are own code",
     NULL},
    {0, "alias", "GLOB=NAME", IN_READERS | IN_LEAKS | IN_WHY, take_alias,
     "modules with such a path or name are loads of the module NAME, to which a program gives a "
     "new "
     "name with each reload; in run the library counts their loads together; may be given several "
     "times",
     NULL},
    {0, "own", "GLOB", IN_READERS | IN_LEAKS, take_own,
     "modules with such a path or name are own code; findings of others come after these, as those "
     "of third parties; may be given several times",
     NULL},
    {0, "own-only", NULL, IN_RUN | IN_CHECK | IN_DIFF | IN_TRY, take_own_only,
     "findings of third parties do not fail the gate; in run it implies --gate", NULL},
    {0, "sysroot", "DIR", IN_READERS | IN_LEAKS | IN_WHY, take_sysroot,
     "search for the files of modules in DIR first, for reports of another system", NULL},
    {0, "debug-path", "DIR[:DIR]", IN_READERS | IN_LEAKS | IN_WHY, take_debug_path,
     "search these folders for debug information before /usr/lib/debug; may be given several "
     "times",
     NULL},
    {0, "sarif-fallback", "FILE", IN_READERS | IN_LEAKS, take_sarif_fallback,
     "the file in that folder at which SARIF and GitLab show what is nowhere in it (default: the "
     "name of the module)",
     NULL},
    {0, "keep", "DIR", IN_RUN, take_keep, "leave the report files of the processes in DIR", NULL},
    {'v', "verbose", NULL, IN_READERS | IN_LEAKS, take_verbose,
     "in the text report, show all frames of stacks and all steps of retention paths", NULL},
    {0, "resolved", NULL, IN_READERS, take_resolved,
     "count findings too that stopped being true before the process ended", NULL},
    {0, "min-severity", "SEVERITY", IN_READERS, take_min_severity,
     "show what has this severity and above, and what fails the gate; the rest is only counted",
     severity_word},
    {0, "suppressions", "FILE", IN_READERS, take_suppressions,
     "leave out the findings that FILE names, as in dlpin-suppressions(5); may be given several "
     "times",
     NULL},
    {0, "print-suppressions", NULL, IN_READERS, take_print_suppressions,
     "name the suppressions that matched", NULL},
    {0, "baseline", "FILE", IN_RUN | IN_REPORT | IN_CHECK | IN_TRY, take_baseline,
     "leave out the findings that FILE has", NULL},
    {0, "no-baseline", NULL, IN_RUN | IN_REPORT | IN_CHECK | IN_TRY, take_no_baseline,
     "do not leave them out, but mark them", NULL},
    {0, "write-baseline", NULL, IN_RUN | IN_CHECK | IN_TRY, take_write_baseline,
     "add to --baseline's FILE what it lacks", NULL},
    {0, "update-baseline", NULL, IN_RUN | IN_CHECK | IN_TRY, take_update_baseline,
     "remove from --baseline's FILE what is fixed: what modules that were unloaded no longer "
     "leave behind",
     NULL},
    {0, "today", "DAY", IN_READERS, take_today,
     "the day by which \"until=\" in these files is judged, YYYY-MM-DD (default: today)", NULL},
    {0, "as-if-unloaded", "MODULE", IN_LEAKS, take_module,
     "what it would hold of MODULE (a path or name) if that were unloaded now, without its "
     "destructors; nothing is unloaded",
     NULL},
    {'p', "pid", "PID", IN_WHY, take_pid, "ask this process", NULL},
    {0, "loads", "N", IN_TRY, take_loads, "load each library N times (default: 5)", NULL},
    {0, "call", "SYMBOL[,...]", IN_TRY, take_call,
     "call these functions, without arguments, after each dlopen", NULL},
    {0, "before-close", "SYMBOL[,...]", IN_TRY, take_before_close,
     "call these functions, without arguments, before each dlclose", NULL},
    {0, "flags", "LIST", IN_TRY, take_flags,
     "how dlopen is called, separated by commas (default: lazy, local)", flag_word},
    {0, "with", "LIBRARY", IN_TRY, take_with,
     "a library that the host holds open meanwhile; may be given several times", NULL},
    {0, "only", "MODE", IN_TRY, take_only, "only in this one of the three modes", try_mode_word},
    {0, "driver", "PROGRAM", IN_TRY, take_driver,
     "run PROGRAM LIBRARY N, once, instead of what is built in; dlpin(1) has an example", NULL},
    {0, "jobs", "N", IN_TRY, take_jobs,
     "try N libraries at once (default: the number of processors)", NULL},
    {0, "timeout", "SECONDS", IN_LEAKS | IN_WHY | IN_TRY, take_timeout,
     "how long to wait for the answer (default: 10), in try for the end of each process (default: "
     "60)",
     NULL},
    {0, "force", NULL, IN_LEAKS | IN_WHY, take_force,
     "ask also where the program may notice: a system call fails with EINTR", NULL},
    {'h', "help", NULL, IN_ALL, take_help, "this text", NULL},
    {'V', "version", NULL, IN_ALL, take_version, "the version of dlpin", NULL},
};

const size_t option_count = sizeof option_rows / sizeof option_rows[0];
