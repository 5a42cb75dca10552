// SPDX-License-Identifier: MIT
/*
 * JUnit XML, for servers that show tests: a suite is a program, or the label of a test; a case is a
 * module that was unloaded or closed, or that something is said of. A case fails where one of its
 * findings fails the gate (without a gate: has at least a warning), is an error where the process
 * crashed there, and is skipped where all that it has does not count. Each case has one result, for
 * not every reader takes several; its text is that of the text report, severest first.
 */
#include "render/report.h"

#include "base/memory.h"
#include "load/names.h"
#include "render/blocks.h"
#include "render/escape.h"
#include "render/junit_verdicts.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct shown_group {
    const struct group *group;
};

struct shown_crash {
    const struct crash *crash;
};

struct test_case {
    const char *name; /* borrowed from the model, as the suite's */
    struct shown_group *groups;
    size_t group_count, failed, hidden;
    const struct group *last; /* the last one that was added, or left out */
    struct shown_crash *crashes;
    size_t crash_count;
    UT_hash_handle hh;
};

struct suite {
    const char *name;
    struct test_case *cases;
    UT_hash_handle hh;
};

static struct suite *get_suite(struct suite **suites, const char *name)
{
    struct suite *suite;

    HASH_FIND_STR(*suites, name, suite);
    if (suite != NULL)
        return suite;
    suite = memory_zeroed(sizeof *suite);
    suite->name = name;
    HASH_ADD_KEYPTR(hh, *suites, name, strlen(name), suite);
    return suite;
}

static struct test_case *get_case(struct suite *suite, const char *name)
{
    struct test_case *test;

    HASH_FIND_STR(suite->cases, name, test);
    if (test != NULL)
        return test;
    test = memory_zeroed(sizeof *test);
    test->name = name;
    HASH_ADD_KEYPTR(hh, suite->cases, name, strlen(name), test);
    return test;
}

static const char *finding_identity(const struct finding *finding)
{
    const struct module *module = finding_module(finding);
    const char *path = finding_module_path(finding);

    return module == NULL && path != NULL ? path : module_identity(module);
}

static void add_finding(const struct report *report, struct suite **suites,
                        const struct group *group, const struct finding *finding)
{
    const char *label = finding->label;
    struct suite *suite = get_suite(suites, label != NULL ? label : process_name(finding->process));
    struct test_case *test = get_case(suite, finding_identity(finding));

    if (test->last == group)
        return;
    test->last = group;
    test->hidden += group->hidden;
    if (!report_shows(report, group))
        return;
    test->failed += report_fails(report, group);
    ARRAY_PUSH(test->groups, test->group_count, (struct shown_group){group});
}

/* Each that has the cause fails, with the finding that speaks for all. */
static void add_cause(const struct report *report, struct suite **suites, const struct group *cause)
{
    for (const struct group *group = cause; group != NULL; group = group->next_of_cause) {
        for (const struct finding *finding = group->first; finding != NULL;
             finding = finding->next_in_group)
            add_finding(report, suites, cause, finding);
    }
}

static void add_modules(struct suite **suites, const struct process *process)
{
    struct suite *suite = get_suite(suites, process_name(process));

    for (const struct module *module = process->modules; module != NULL; module = module->hh.next) {
        if (module->data->state != MODULE_LOADED || module->reloads > 0)
            get_case(suite, module_identity(module));
    }
}

static struct suite *collect(const struct report *report)
{
    const struct model *model = report->model;
    struct suite *suites = NULL;

    for (const struct process *process = model->processes; process != NULL;
         process = process->hh.next)
        add_modules(&suites, process);
    for (const struct group *group = model->groups; group != NULL; group = group->hh.next) {
        if (group->cause == NULL)
            add_cause(report, &suites, group);
    }
    for (const struct crash *crash = model->crashes; crash != NULL; crash = crash->next) {
        const struct module *module = crash_module(crash);
        const char *program = process_name(crash->process);
        struct test_case *test = get_case(get_suite(&suites, program),
                                          module != NULL ? module_identity(module) : program);

        ARRAY_PUSH(test->crashes, test->crash_count, (struct shown_crash){crash});
    }
    return suites;
}

static void clear(struct suite *suites)
{
    struct suite *suite, *next_suite;
    struct test_case *test, *next;

    HASH_ITER (hh, suites, suite, next_suite) {
        HASH_ITER (hh, suite->cases, test, next) {
            HASH_DEL(suite->cases, test);
            free(test->groups);
            free(test->crashes);
            free(test);
        }
        HASH_DEL(suites, suite);
        free(suite);
    }
}

static void put_attribute(FILE *out, const char *name, const char *value)
{
    fprintf(out, " %s=\"", name);
    xml_put(out, value);
    fputc('"', out);
}

static void put_owned(FILE *out, char *text)
{
    xml_put(out, text);
    fputs("\n\n", out);
    free(text);
}

static void put_groups(FILE *out, const struct report *report, const struct test_case *test,
                       bool failing)
{
    for (size_t i = 0; i < test->group_count; i++) {
        if (report_fails(report, test->groups[i].group) == failing)
            put_owned(out, block_of_group(test->groups[i].group));
    }
}

/* Groups come severest first, so the first that fails is the worst. */
static char *result_title(const struct report *report, const struct test_case *test)
{
    size_t count = test->crash_count + test->failed, i = 0;
    char *title, *text;

    if (test->crash_count > 0) {
        title = title_of_crash(test->crashes[0].crash);
    } else {
        while (!report_fails(report, test->groups[i].group))
            i++;
        title = title_of_group(test->groups[i].group);
    }
    text = count > 1 ? memory_format("%s, and %zu more", title, count - 1) : memory_string(title);
    free(title);
    return text;
}

static void put_result(FILE *out, const struct report *report, const struct test_case *test)
{
    bool crashed = test->crash_count > 0;
    char *title = result_title(report, test);

    fputs(crashed ? "      <error" : "      <failure", out);
    put_attribute(out, "message", title);
    put_attribute(out, "type", crashed ? "crash" : "finding");
    fputc('>', out);
    for (size_t i = 0; i < test->crash_count; i++)
        put_owned(out, block_of_crash(test->crashes[i].crash));
    put_groups(out, report, test, true);
    fputs(crashed ? "</error>\n" : "</failure>\n", out);
    free(title);
}

static bool is_skipped(const struct test_case *test)
{
    return test->hidden > 0 && test->group_count + test->crash_count == 0;
}

static void put_case(FILE *out, const struct report *report, const struct suite *suite,
                     const struct test_case *test)
{
    fputs("    <testcase", out);
    put_attribute(out, "classname", suite->name);
    put_attribute(out, "name", test->name);
    fputs(">\n", out);
    if (test->crash_count + test->failed > 0)
        put_result(out, report, test);
    else if (is_skipped(test))
        fprintf(out,
                "      <skipped message=\"findings that do not count (suppressions, baseline): "
                "%zu\"/>\n",
                test->hidden);
    if (test->group_count > test->failed) {
        fputs("      <system-out>", out);
        put_groups(out, report, test, false);
        fputs("</system-out>\n", out);
    }
    fputs("    </testcase>\n", out);
}

struct counts {
    size_t tests, failures, errors, skipped;
};

static void count(struct counts *counts, const struct suite *suite)
{
    for (const struct test_case *test = suite->cases; test != NULL; test = test->hh.next) {
        counts->tests++;
        counts->errors += test->crash_count > 0;
        counts->failures += test->crash_count == 0 && test->failed > 0;
        counts->skipped += is_skipped(test);
    }
}

static void put_counts(FILE *out, const struct counts *counts)
{
    fprintf(out, " tests=\"%zu\" failures=\"%zu\" errors=\"%zu\"", counts->tests, counts->failures,
            counts->errors);
}

void render_junit(FILE *out, const struct report *report, bool color)
{
    struct suite *suites, *suite;
    struct counts total = {0};

    if (report->verdicts != NULL) {
        put_junit_verdicts(out, report);
        return;
    }
    suites = collect(report);
    for (suite = suites; suite != NULL; suite = suite->hh.next)
        count(&total, suite);
    fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"dlpin\"", out);
    put_counts(out, &total);
    fputs(">\n", out);
    for (suite = suites; suite != NULL; suite = suite->hh.next) {
        struct counts counts = {0};

        count(&counts, suite);
        fputs("  <testsuite", out);
        put_attribute(out, "name", suite->name);
        put_counts(out, &counts);
        fprintf(out, " skipped=\"%zu\">\n", counts.skipped);
        for (const struct test_case *test = suite->cases; test != NULL; test = test->hh.next)
            put_case(out, report, suite, test);
        fputs("  </testsuite>\n", out);
    }
    fputs("</testsuites>\n", out);
    clear(suites);
}
