// SPDX-License-Identifier: MIT
#include "model/coverage.h"
#include "model/duplicates.h"
#include "model/growth.h"
#include "model/model.h"
#include "support.h"

#include <criterion/criterion.h>
#include <criterion/redirect.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

Test(model, one_finding)
{
    struct model model = {0};

    SUPPORT_LOAD(&model, HEADER MODULE FINDING(1, 1, "warning", "") SUMMARY);
    cr_assert_eq(HASH_COUNT(model.groups), 1);
    cr_assert_eq(model.severities[SEVERITY_WARNING], 1);
    cr_assert_eq(model.unloaded, 1);
    cr_assert_str_eq(module_identity(finding_module(model.groups->shown)), "libplug.so");
    cr_assert_str_eq(finding_module_path(model.groups->shown), "/opt/libplug.so.1");
    cr_assert_str_eq(process_name(model.processes), "host");
    cr_assert(process_ended(model.processes));
    model_free(&model);
}

Test(model, a_later_record_of_an_id_replaces_the_earlier_one)
{
    struct model model = {0};

    SUPPORT_LOAD(&model, HEADER MODULE FINDING(1, 1, "warning", ",\"count\":2")
                             FINDING(1, 1, "error", ",\"count\":5"));
    cr_assert_eq(HASH_COUNT(model.groups), 1);
    cr_assert_eq(model.groups->count, 5);
    cr_assert_eq(model.groups->severity, SEVERITY_ERROR);
    cr_assert_not(process_ended(model.processes));
    model_free(&model);
}

Test(model, a_resolved_finding_does_not_count)
{
    struct model model = {0};

    SUPPORT_LOAD(&model,
                 HEADER MODULE FINDING(1, 1, "error",
                                       "") "{\"type\":\"resolved\",\"pid\":1,\"finding\":1}\n");
    cr_assert_null(model.groups);
    cr_assert_eq(model.resolved, 1);
    model_free(&model);
}

Test(model, a_resolved_finding_counts_if_asked_for)
{
    struct model model = {.count_resolved = true};

    SUPPORT_LOAD(&model,
                 HEADER MODULE FINDING(1, 1, "error",
                                       "") "{\"type\":\"resolved\",\"pid\":1,\"finding\":1}\n");
    cr_assert_eq(HASH_COUNT(model.groups), 1);
    model_free(&model);
}

Test(model, a_finding_after_resolved_is_true_again)
{
    struct model model = {0};

    SUPPORT_LOAD(
        &model,
        HEADER MODULE FINDING(
            1, 1, "error",
            "") "{\"type\":\"resolved\",\"pid\":1,\"finding\":1}\n" FINDING(1, 1, "error", ""));
    cr_assert_eq(HASH_COUNT(model.groups), 1);
    cr_assert_eq(model.resolved, 0);
    model_free(&model);
}

static const char *const came_back = HEADER MODULE FINDING(1, 1, "error", ",\"count\":3")
    RESOLVED(1) FINDING(1, 2, "error", ",\"count\":1");

Test(model, a_resolved_finding_comes_back_with_a_new_id)
{
    struct model model = {0};

    SUPPORT_LOAD(&model, came_back);
    cr_assert_eq(HASH_COUNT(model.groups), 1);
    cr_assert_eq(model.groups->count, 1);
    cr_assert_eq(model.groups->shown->id, 2);
    cr_assert_eq(model.resolved, 0);
    model_free(&model);
}

Test(model, a_finding_that_came_back_does_not_count_twice)
{
    struct model model = {.count_resolved = true};

    SUPPORT_LOAD(&model, came_back);
    cr_assert_eq(model.groups->count, 1);
    model_free(&model);
}

Test(model, a_finding_that_came_back_is_resolved_by_its_new_id)
{
    struct model model = {0};

    SUPPORT_LOAD(&model, HEADER MODULE FINDING(1, 1, "error", "") RESOLVED(1)
                             FINDING(1, 2, "error", "") RESOLVED(1) RESOLVED(2));
    cr_assert_null(model.groups);
    cr_assert_eq(model.resolved, 1);
    model_free(&model);
}

Test(model, a_finding_does_not_come_back_in_another_process)
{
    struct model model = {.count_resolved = true};

    SUPPORT_LOAD(&model,
                 HEADER MODULE FINDING(1, 1, "error", "") RESOLVED(1) FINDING(2, 2, "error", ""));
    cr_assert_eq(model.resolved, 1);
    cr_assert_eq(model.groups->count, 2);
    model_free(&model);
}

Test(model, one_of_two_that_are_alike_comes_back)
{
    struct model model = {0};

    SUPPORT_LOAD(&model, HEADER MODULE FINDING(1, 1, "error", "") RESOLVED(1)
                             FINDING(1, 2, "error", "") FINDING(1, 3, "error", ""));
    cr_assert_eq(model.groups->count, 2);
    cr_assert_eq(model.resolved, 0);
    model_free(&model);
}

/* The first of two findings of one place is resolved, and the file is another one by then. */
Test(model, a_file_that_changed_while_it_was_read_is_named, .init = cr_redirect_stderr)
{
    static const char text[] = HEADER MODULE FINDING(1, 1, "error", "") FINDING(1, 2, "error", "")
        FINDING(1, 3, "note", ",\"signature\":\"n\"") "{\"type\":\"resolved\",\"pid\":1,"
                                                      "\"finding\":1}\n";
    int descriptor = memfd_create("report", MFD_CLOEXEC);
    struct model model = {0};
    const struct record_sink sink = model_sink(&model);
    char path[64];

    cr_assert_eq(write(descriptor, text, strlen(text)), (ssize_t)strlen(text));
    snprintf(path, sizeof path, "/proc/self/fd/%d", descriptor);
    load_file(path, &sink, &model.loaded);
    cr_assert_eq(ftruncate(descriptor, 0), 0);
    model_finish(&model);
    model_sign(&model);
    cr_assert_eq(model.loaded.unreadable, 1);
    cr_assert_eq(HASH_COUNT(model.groups), 1);
    cr_assert_eq(model.groups->severity, SEVERITY_NOTE);
    fflush(stderr);
    cr_assert_stderr_neq_str("");
    close(descriptor);
    model_free(&model);
}

Test(model, resolved_is_for_its_own_pid_only)
{
    struct model model = {0};

    SUPPORT_LOAD(&model,
                 HEADER MODULE FINDING(1, 1, "error",
                                       "") "{\"type\":\"resolved\",\"pid\":2,\"finding\":1}\n");
    cr_assert_eq(HASH_COUNT(model.groups), 1);
    model_free(&model);
}

Test(model, pending_counts_until_something_follows)
{
    struct model model = {0};

    SUPPORT_LOAD(&model, HEADER MODULE FINDING(1, 1, "error", ",\"pending\":true"));
    cr_assert_eq(HASH_COUNT(model.groups), 1);
    cr_assert(model.groups->pending);
    model_free(&model);
}

Test(model, pending_is_over_with_the_confirmation)
{
    struct model model = {0};

    SUPPORT_LOAD(&model, HEADER MODULE FINDING(1, 1, "error", ",\"pending\":true")
                             FINDING(1, 1, "error", ""));
    cr_assert_eq(HASH_COUNT(model.groups), 1);
    cr_assert_not(model.groups->pending);
    model_free(&model);
}

Test(model, repeats_of_a_signature_merge_over_files)
{
    struct model model = {0};

    SUPPORT_LOAD(
        &model,
        HEADER MODULE FINDING(1, 1, "warning",
                              ",\"signature\":\"s\",\"count\":2,\"loads\":[2,1],\"bytes\":10"),
        HEADER MODULE FINDING(1, 1, "error",
                              ",\"signature\":\"s\",\"loads\":[2,3],\"growing\":true")
            FINDING(1, 2, "warning", ",\"signature\":\"s\",\"bytes\":5"));
    cr_assert_eq(HASH_COUNT(model.groups), 1);
    cr_assert_eq(model.groups->count, 4);
    cr_assert_eq(model.groups->bytes, 15);
    cr_assert_eq(model.groups->process_count, 2);
    cr_assert_eq(model.groups->load_count, 3);
    cr_assert_eq(model.groups->loads[0], 1);
    cr_assert_eq(model.groups->loads[2], 3);
    cr_assert(model.groups->growing);
    cr_assert_eq(model.groups->severity, SEVERITY_ERROR);
    cr_assert_eq(model.severities[SEVERITY_ERROR], 1);
    model_free(&model);
}

Test(model, without_a_signature_the_message_decides)
{
    struct model model = {0};

    SUPPORT_LOAD(&model,
                 HEADER MODULE FINDING(1, 1, "note", "") FINDING(
                     1, 2, "note", "") "{\"type\":\"finding\",\"pid\":1,\"id\":3,\"kind\":\"key\","
                                       "\"verdict\":\"lost\",\"severity\":\"note\",\"module\":2,"
                                       "\"message\":\"another\"}\n");
    cr_assert_eq(HASH_COUNT(model.groups), 2);
    model_free(&model);
}

Test(model, ids_are_per_file_and_pid)
{
    struct model model = {0};

    SUPPORT_LOAD(&model,
                 HEADER MODULE FINDING(1, 1, "note", ",\"signature\":\"a\"")
                     FINDING(2, 1, "note", ",\"signature\":\"b\""),
                 HEADER MODULE FINDING(1, 1, "note", ",\"signature\":\"c\""));
    cr_assert_eq(HASH_COUNT(model.groups), 3);
    cr_assert_eq(HASH_COUNT(model.processes), 3);
    model_free(&model);
}

Test(model, a_guest_in_a_file_knows_the_modules_of_its_host)
{
    struct model model = {0};

    SUPPORT_LOAD(&model, HEADER MODULE FINDING(2, 1, "note", ""));
    cr_assert_str_eq(module_identity(finding_module(model.groups->shown)), "libplug.so");
    cr_assert_str_eq(process_name(model.groups->shown->process), "host");
    model_free(&model);
}

Test(model, records_without_a_pid_are_the_hosts)
{
    struct model model = {0};

    SUPPORT_LOAD(&model, HEADER "{\"type\":\"summary\"}\n");
    cr_assert_eq(HASH_COUNT(model.processes), 1);
    cr_assert(process_ended(model.processes));
    model_free(&model);
}

Test(model, the_severest_comes_first)
{
    struct model model = {0};
    const struct group *group;

    SUPPORT_LOAD(&model, HEADER MODULE FINDING(1, 1, "note", ",\"signature\":\"a\"")
                             FINDING(1, 2, "error", ",\"signature\":\"b\"")
                                 FINDING(1, 3, "warning", ",\"signature\":\"c\""));
    group = model.groups;
    cr_assert_eq(group->severity, SEVERITY_ERROR);
    group = group->hh.next;
    cr_assert_eq(group->severity, SEVERITY_WARNING);
    group = group->hh.next;
    cr_assert_eq(group->severity, SEVERITY_NOTE);
    model_free(&model);
}

Test(model, sums_do_not_wrap)
{
    struct model model = {0};

    SUPPORT_LOAD(&model, HEADER MODULE FINDING(1, 1, "note", ",\"count\":9223372036854775807")
                             FINDING(1, 2, "note", ",\"count\":9223372036854775807"));
    cr_assert_eq(model.groups->count, INT64_MAX);
    model_free(&model);
}

#define COVERAGE(pid, hooks, dropped, unseen)                                          \
    "{\"type\":\"coverage\",\"pid\":" #pid ",\"hooks\":" hooks ",\"dropped\":" dropped \
    ",\"unseen\":" unseen "}\n"

Test(coverage, adds_up_over_processes)
{
    struct model model = {0};
    struct coverage coverage;

    SUPPORT_LOAD(
        &model,
        HEADER COVERAGE(1, "{\"heap\":true,\"keys\":false}", "{\"events\":2}",
                        "[\"static TLS\",7]"),
        HEADER COVERAGE(1, "{\"heap\":false}", "{\"events\":3,\"none\":0}", "[\"static TLS\"]"));
    cr_assert(coverage_has_hook(model.processes, "heap"));
    cr_assert_not(coverage_has_hook(model.processes, "keys"));
    cr_assert_not(coverage_has_hook(model.processes, "unknown"));
    coverage_collect(&coverage, &model);
    cr_assert_eq(coverage.unseen_count, 1);
    cr_assert_eq(coverage.unseen[0].processes, 2);
    cr_assert_eq(coverage.dropped_count, 1);
    cr_assert_eq(coverage.dropped[0].count, 5);
    cr_assert_eq(coverage.inactive_count, 2);
    coverage_clear(&coverage);
    model_free(&model);
}

/* The finding is of load 9 of the module. */
#define LOAD_9                                                                \
    "{\"type\":\"module\",\"pid\":1,\"id\":2,\"path\":\"/opt/libplug.so.1\"," \
    "\"soname\":\"libplug.so\",\"load\":9,\"state\":\"unloaded\"}\n"

static struct growth growth_in(const char *text)
{
    struct model model = {0};
    struct growth growth;

    support_load(&model, &text, 1);
    growth = growth_of(model.groups);
    model_free(&model);
    return growth;
}

Test(growth, one_load_has_no_rate)
{
    struct growth growth = growth_in(HEADER MODULE FINDING(1, 1, "warning", ",\"loads\":[1]"));

    cr_assert_eq(growth.loads, 0);
    cr_assert_eq(growth.keys_end, RECORD_ABSENT);
    growth = growth_in(HEADER MODULE FINDING(1, 1, "warning", ""));
    cr_assert_eq(growth.loads, 0);
}

Test(growth, loads_between_count_and_those_that_are_not_listed)
{
    struct growth growth =
        growth_in(HEADER LOAD_9 FINDING(1, 1, "warning", ",\"count\":6,\"loads\":[2,3,5]"));

    cr_assert_eq(growth.loads, 8);
    cr_assert_eq(growth.things, 6);
    cr_assert_eq(growth.bytes, RECORD_ABSENT);
}

#define KEYS(live, count)                                                                        \
    ",\"count\":" #count ",\"loads\":[5,9],\"signature\":\"" #live "\",\"subject\":{\"object\":" \
    "\"key\",\"keys_live\":" #live ",\"keys_max\":1024}"

Test(growth, keys_end_by_all_that_the_module_takes)
{
    struct growth growth = growth_in(HEADER LOAD_9 FINDING(1, 1, "warning", KEYS(24, 5)));

    cr_assert_eq(growth.keys_end, 1000);
    growth = growth_in(HEADER LOAD_9 FINDING(1, 1, "warning", KEYS(24, 5))
                           FINDING(1, 2, "warning", KEYS(20, 15)));
    cr_assert_eq(growth.keys_end, 250);
    growth = growth_in(HEADER LOAD_9 FINDING(1, 1, "warning", KEYS(1030, 5)));
    cr_assert_eq(growth.keys_end, 0);
}

Test(growth, memory_is_that_of_one_load)
{
    struct growth growth = growth_in(
        HEADER LOAD_9 FINDING(1, 1, "warning",
                              ",\"count\":9,\"loads\":[1,9],\"bytes\":56,\"blocks\":1,\"subject\":"
                              "{\"hanging_bytes\":504,\"hanging_blocks\":9}"));

    cr_assert_eq(growth.bytes, 560);
    cr_assert_eq(growth.blocks, 10);
}

Test(growth, wild_numbers_do_no_harm)
{
    struct growth growth = growth_in(
        HEADER MODULE FINDING(1, 1, "warning",
                              ",\"count\":9223372036854775807,\"loads\":[-9223372036854775808,"
                              "9223372036854775807],\"subject\":{\"keys_live\":-4,\"keys_max\":"
                              "9223372036854775807}"));

    cr_assert_eq(growth.loads, 0);
    growth = growth_in(HEADER MODULE FINDING(
        1, 1, "warning",
        ",\"loads\":[1,9223372036854775807],\"bytes\":9223372036854775807,\"blocks\":1,"
        "\"subject\":{\"keys_live\":0,\"keys_max\":9223372036854775807,\"hanging_bytes\":5}"));
    cr_assert_eq(growth.loads, INT64_MAX);
    cr_assert_eq(growth.bytes, INT64_MAX);
    cr_assert_geq(growth.keys_end, 0);
}

#define COPY(pid, id, time, build_id, path, state)                                          \
    "{\"type\":\"module\",\"pid\":" #pid ",\"id\":" #id ",\"time\":" #time ",\"build_id\":" \
    "\"" build_id "\",\"path\":\"" path "\",\"state\":\"" state "\"}\n"

/* How many were mapped at once of each, and their paths. */
static void expect_duplicates(const char *text, size_t count, size_t modules, const char *paths)
{
    struct model model = {0};
    struct duplicates duplicates;

    support_load(&model, &text, 1);
    duplicates_collect(&duplicates, &model);
    cr_assert_eq(duplicates.count, count, "%zu", duplicates.count);
    if (count > 0) {
        char *found = duplicate_paths(&duplicates.items[0]);

        cr_assert_eq(duplicates.items[0].module_count, modules);
        cr_assert_str_eq(found, paths);
        free(found);
    }
    duplicates_clear(&duplicates);
    model_free(&model);
}

Test(duplicates, one_after_the_other_is_none)
{
    expect_duplicates(
        HEADER COPY(1, 1, 10, "ab", "/a", "loaded") COPY(1, 1, 20, "ab", "/a", "unloaded")
            COPY(1, 2, 20, "ab", "/b", "loaded") COPY(1, 3, 20, "cd", "/c", "loaded"),
        0, 0, NULL);
}

Test(duplicates, modules_without_a_build_id_are_none)
{
    expect_duplicates(HEADER COPY(1, 1, 10, "", "/a", "loaded") COPY(1, 2, 20, "", "/b", "loaded"),
                      0, 0, NULL);
}

Test(duplicates, other_processes_have_their_own)
{
    expect_duplicates(HEADER COPY(1, 1, 10, "ab", "/a", "loaded")
                          COPY(2, 2, 20, "ab", "/b", "loaded"),
                      0, 0, NULL);
}

Test(duplicates, those_that_were_there_at_once)
{
    expect_duplicates(HEADER COPY(1, 1, 10, "ab", "/a", "loaded") COPY(
                          1, 2, 20, "AB", "/b", "loaded") COPY(1, 1, 30, "ab", "/a", "unloaded")
                          COPY(1, 3, 30, "ab", "/c", "loaded") COPY(1, 2, 40, "ab", "/b", "closed"),
                      1, 2, "/a, /b");
}

Test(duplicates, of_one_path_and_of_many)
{
    expect_duplicates(HEADER COPY(1, 1, 10, "ab", "/a", "loaded")
                          COPY(1, 2, 20, "ab", "/a", "loaded"),
                      1, 2, "/a");
    expect_duplicates(HEADER COPY(1, 1, 1, "ab", "/a", "loaded") COPY(1, 2, 1, "ab", "/b", "loaded")
                          COPY(1, 3, 1, "ab", "/c", "loaded") COPY(1, 4, 1, "ab", "/d", "loaded")
                              COPY(1, 5, 1, "ab", "/e", "loaded")
                                  COPY(1, 6, 1, "ab", "/f", "loaded"),
                      1, 6, "/a, /b, /c, /d and 2 more");
}

Test(model, closed_modules_are_counted)
{
    struct model model = {0};

    SUPPORT_LOAD(&model,
                 HEADER COPY(1, 1, 10, "ab", "/a", "loaded") COPY(1, 1, 20, "ab", "/a", "closed")
                     COPY(1, 2, 30, "cd", "/b", "unloaded"));
    cr_assert_eq(model.closed, 1);
    cr_assert_eq(model.unloaded, 1);
    model_free(&model);
}

/* A report of so many loads of one file and as many findings of keys. */
static char *many_loads(size_t count, bool overlap)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    fputs(HEADER, out);
    for (size_t i = 1; i <= count; i++) {
        fprintf(out,
                "{\"type\":\"module\",\"pid\":1,\"id\":%zu,\"time\":%zu,\"build_id\":\"aA%zu\","
                "\"path\":\"/%zu/p.so\",\"state\":\"loaded\"}\n",
                i, i, overlap ? 0 : i / 2, i);
        fprintf(out,
                "{\"type\":\"finding\",\"pid\":1,\"id\":%zu,\"kind\":\"key\",\"verdict\":\"lost\","
                "\"severity\":\"note\",\"module\":%zu,\"message\":\"m\",\"signature\":\"s%zu\","
                "\"growing\":true,\"loads\":[1,2],\"count\":2,\"subject\":{\"keys_live\":4,"
                "\"keys_max\":1024}}\n",
                i, i, i);
    }
    fclose(out);
    return text;
}

Test(duplicates, the_steps_are_linear_in_the_loads)
{
    enum { LOADS = 2000 };

    for (int overlap = 0; overlap < 2; overlap++) {
        char *text = many_loads(LOADS, overlap), *paths;
        struct model model = {0};
        struct duplicates duplicates;

        SUPPORT_LOAD(&model, text);
        duplicates_collect(&duplicates, &model);
        cr_assert_eq(duplicates.count, overlap ? 1 : LOADS / 2 - 1, "%zu", duplicates.count);
        cr_assert_eq(duplicates.items[0].module_count, overlap ? LOADS : 2);
        cr_assert_leq(duplicates.steps, 4 * LOADS, "%zu", duplicates.steps);
        paths = duplicate_paths(&duplicates.items[0]);
        cr_assert_eq(strstr(paths, "and 1996 more") != NULL, overlap, "%s", paths);
        free(paths);
        duplicates_clear(&duplicates);
        model_free(&model);
        free(text);
    }
}

Test(growth, the_steps_are_linear_in_the_findings)
{
    enum { FINDINGS = 1000 };
    char *text = many_loads(FINDINGS, false);
    struct model model = {0};
    size_t groups = 0;

    SUPPORT_LOAD(&model, text);
    for (const struct group *group = model.groups; group != NULL; group = group->hh.next) {
        /* 1020 keys are left, and each load of the module takes one for each finding. */
        cr_assert_eq(growth_of(group).keys_end, 1020 / FINDINGS);
        groups++;
    }
    cr_assert_eq(groups, FINDINGS);
    cr_assert_eq(model.processes->key_steps, FINDINGS);
    model_free(&model);
    free(text);
}

Test(growth, many_steps_are_thinned_out_and_span_all_loads)
{
    struct steps steps = {0};

    for (int64_t load = 1; load <= 100000; load++)
        steps_add(&steps, (struct growth_step){.load = load, .count = load});
    cr_assert_leq(steps.count, 64);
    cr_assert_geq(steps.count, 32);
    cr_assert_eq(steps.items[0].load, 1);
    cr_assert_eq(steps.items[steps.count - 1].load, 100000);
    for (size_t i = 1; i < steps.count; i++)
        cr_assert_gt(steps.items[i].load, steps.items[i - 1].load);
    steps_clear(&steps);
}

Test(growth, a_pending_finding_that_comes_true_has_no_steps)
{
    struct model model = {0};

    SUPPORT_LOAD(&model, HEADER MODULE FINDING(1, 1, "error", ",\"pending\":true")
                             FINDING(1, 1, "error", ""));
    cr_assert_eq(model.groups->shown->steps.count, 0);
    model_free(&model);
}

Test(growth, a_finding_of_one_record_has_no_steps)
{
    struct model model = {0};

    SUPPORT_LOAD(&model, HEADER MODULE FINDING(1, 1, "warning", "") FINDING(2, 1, "error", "")
                             FINDING(2, 1, "error", ",\"count\":5"));
    for (const struct group *group = model.groups; group != NULL; group = group->hh.next) {
        const struct steps *steps = &group->shown->steps;

        cr_assert_eq(steps->count, group->severity == SEVERITY_ERROR ? 2 : 0);
        if (steps->count > 0)
            cr_assert_eq(steps->items[1].count, 5);
    }
    model_free(&model);
}
