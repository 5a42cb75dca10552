// SPDX-License-Identifier: MIT
/* The form of rows that describe registries. What is recognised by them: samples/registry. */
#include "rules/registry_rows.h"
#include "support.h"

#include <stdio.h>
#include <string.h>

static char path[512];
static struct text complaints;

static void begin(void)
{
    snprintf(path, sizeof path, "%s/registries", support_directory());
}

static bool reads(const char *rows)
{
    FILE *file = fopen(path, "w");
    cr_assert(file);
    fputs(rows, file);
    fclose(file);
    text_free(&complaints);
    return registry_rows_read(path, &complaints);
}

static bool is_right(const char *rows)
{
    cr_assert(reads(rows));
    return complaints.length == 0;
}

TestSuite(registry_rows, .init = begin);

Test(registry_rows, built_in)
{
    cr_assert(is_right(registry_rows_built_in), "%s", text_string(&complaints));
}

Test(registry_rows, right)
{
    cr_assert(is_right(""));
    cr_assert(is_right("# a comment\n\n   # another\n"));
    cr_assert(is_right("lib.so add remove"));
    cr_assert(is_right("  lib.so*,other.so\tadd*,more -  \r\n"));
    cr_assert(is_right("lib.so add - blocks=0\nlib.so add - blocks=1-\nlib.so add - blocks=1-12"));
    cr_assert(is_right("lib.so add - target=code\nlib.so add - target=data variable=the_*"));
    cr_assert(is_right("lib.so add - count=-8\nlib.so add - count=16 size=24"));
    cr_assert(is_right("lib.so add - advice=Call size=wrong blocks=many as often as you like."));
}

Test(registry_rows, wrong)
{
    static const char *const rows[] = {
        "lib.so",
        "lib.so add",
        "lib.so add remove more",
        "lib.so add remove blocks=",
        "lib.so add remove blocks=x",
        "lib.so add remove blocks=1-x",
        "lib.so add remove blocks=1-2x",
        "lib.so add remove blocks=99999999999",
        "lib.so add remove target=both",
        "lib.so add remove variable=",
        "lib.so add remove count=",
        "lib.so add remove count=-",
        "lib.so add remove count=8x",
        "lib.so add remove size=0",
        "lib.so add remove size=8x",
        "lib.so add remove advice=",
        "lib.so add remove advice= \t",
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        cr_assert_not(is_right(rows[i]), "%s", rows[i]);
}

Test(registry_rows, wrong_lines_are_named)
{
    cr_assert(reads("lib.so add remove\n# a comment\nlib.so\n\nlib.so add remove size=0\n"));
    cr_assert(strstr(text_string(&complaints), "registries:3: "));
    cr_assert(strstr(text_string(&complaints), "registries:5: "));
    cr_assert_not(strstr(text_string(&complaints), "registries:1: "));
}

Test(registry_rows, only_regular_files)
{
    cr_assert_not(registry_rows_read("/nonexistent", &complaints));
    cr_assert_not(registry_rows_read(support_directory(), &complaints));
    cr_assert_not(registry_rows_read("/dev/zero", &complaints));
}
