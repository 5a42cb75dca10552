// SPDX-License-Identifier: MIT
#include "load/load.h"

#include <criterion/criterion.h>
#include <criterion/redirect.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct counted {
    size_t files, records;
};

static void count_file(void *context, const char *path)
{
    ((struct counted *)context)->files++;
}

static char *count_record(void *context, struct record *record)
{
    ((struct counted *)context)->records++;
    record_free(record);
    return NULL;
}

static struct load_counts load_data(const char *name, struct counted *counted)
{
    const struct record_sink sink = {counted, count_file, count_record};
    struct load_counts counts = {0};
    char path[4096];
    const char *paths[] = {path};

    snprintf(path, sizeof path, "%s/%s", getenv("DLPIN_TEST_DATA"), name);
    load_inputs(paths, 1, &(struct file_ids){0}, &sink, &counts);
    return counts;
}

Test(load, a_good_file, .init = cr_redirect_stderr)
{
    struct counted counted = {0};
    struct load_counts counts = load_data("good.jsonl", &counted);

    cr_assert_eq(counts.files, 1);
    cr_assert_eq(counts.records, 10);
    cr_assert_eq(counts.damaged + counts.empty + counts.unreadable, 0);
    cr_assert_eq(counted.files, 1);
    cr_assert_eq(counted.records, 10);
}

Test(load, damaged_records_are_counted_and_the_others_kept, .init = cr_redirect_stderr)
{
    struct counted counted = {0};
    struct load_counts counts = load_data("damaged.jsonl", &counted);

    cr_assert_eq(counts.damaged, 24);
    cr_assert_eq(counts.records, 4);
    cr_assert_eq(counts.unreadable, 0);
}

Test(load, nothing_of_a_newer_file_is_taken, .init = cr_redirect_stderr)
{
    struct counted counted = {0};
    struct load_counts counts = load_data("higher-version.jsonl", &counted);

    cr_assert_eq(counts.unreadable, 1);
    cr_assert_eq(counted.records, 0);
}

Test(load, an_empty_file_is_its_own_case, .init = cr_redirect_stderr)
{
    struct counted counted = {0};
    struct load_counts counts = load_data("empty.jsonl", &counted);

    cr_assert_eq(counts.empty, 1);
    cr_assert_eq(counts.unreadable, 0);
}

Test(load, a_directory_gives_its_reports_only, .init = cr_redirect_stderr)
{
    struct counted counted = {0};
    struct load_counts counts = load_data("mixed", &counted);

    cr_assert_eq(counts.files, 3);
    cr_assert_eq(counts.unreadable, 0);
}

static void remember_first_two(void *context, const char *path)
{
    char(*names)[16] = context;
    size_t i = names[0][0] != '\0';

    snprintf(names[i], sizeof names[i], "%s", strrchr(path, '/') + 1);
}

static char *ignore_record(void *context, struct record *record)
{
    (void)context;
    record_free(record);
    return NULL;
}

Test(load, files_of_a_directory_come_in_the_order_of_their_numbers, .init = cr_redirect_stderr)
{
    static const char header[] =
        "{\"type\":\"header\",\"format\":\"dlpin-report\",\"version\":1}\n";
    char directory[] = "/tmp/dlpin-test.XXXXXX", names[2][16] = {"", ""};
    const struct record_sink sink = {names, remember_first_two, ignore_record};
    const char *paths[] = {directory};
    const char *const made[] = {"r.1000", "r.999"};
    struct load_counts counts = {0};

    cr_assert_not_null(mkdtemp(directory));
    for (size_t i = 0; i < 2; i++) {
        char path[64];
        FILE *file;

        snprintf(path, sizeof path, "%s/%s", directory, made[i]);
        file = fopen(path, "we");
        cr_assert_not_null(file);
        fputs(header, file);
        fclose(file);
    }
    load_inputs(paths, 1, &(struct file_ids){0}, &sink, &counts);
    for (size_t i = 0; i < 2; i++) {
        char path[64];

        snprintf(path, sizeof path, "%s/%s", directory, made[i]);
        unlink(path);
    }
    rmdir(directory);
    cr_assert_eq(counts.files, 2);
    cr_assert_str_eq(names[0], "r.999");
    cr_assert_str_eq(names[1], "r.1000");
}

Test(load, what_is_not_there_is_unreadable, .init = cr_redirect_stderr)
{
    struct counted counted = {0};
    struct load_counts counts = load_data("no-such-file", &counted);

    cr_assert_eq(counts.unreadable, 1);
}
