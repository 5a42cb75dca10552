// SPDX-License-Identifier: MIT
#include "report/suppressions.h"
#include "support.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum { TODAY = 20260615 };

static struct module *gone;

static bool read_text(const char *text)
{
    char path[256];
    snprintf(path, sizeof path, "%s/suppressions", support_directory());
    FILE *file = fopen(path, "w");
    fputs(text, file);
    fclose(file);
    return suppressions_read(path, TODAY);
}

static void begin(void)
{
    support_options("");
    gone = support_module("gone.so", 1, MODULE_UNLOADED);
}

TestSuite(suppressions, .init = begin);

static bool matches(enum kind kind)
{
    struct finding finding = {.kind = kind, .module = gone};
    return suppressions_match(&finding);
}

static void expect(const char *text, bool key, bool timer)
{
    cr_assert(read_text(text));
    cr_assert_eq(matches(KIND_KEY), key, "%s", text);
    cr_assert_eq(matches(KIND_TIMER), timer, "%s", text);
}

Test(suppressions, by_kind)
{
    expect("key:gone.so", true, false);
}

Test(suppressions, by_any_kind_and_patterns)
{
    expect("  *:g*|*.so\t# comment", true, true);
}

Test(suppressions, until_today)
{
    expect("key:*  until=2026-06-15 reason=a\ntimer:* reason=b until=2026-06-14", true, false);
}

Test(suppressions, what_is_damaged_or_of_others_applies_to_nothing)
{
    expect("\n# key:*\nkey\nkeys:*\nkey:\nkey:|*\nkey:*|\n*:*|f\nsig:0123456789ab\nkey:* until=\n"
           "key:* until=2026-6-1\nkey:* until=2027-01-01 until=2027-01-01\nkey:* module=x\n"
           "key:* reason=a until=x\nuntil=2027-01-01 key:*\n:*\n",
           false, false);
}

Test(suppressions, without_a_module)
{
    cr_assert(read_text("*:*"));
    cr_assert_not(suppressions_match(&(struct finding){.kind = KIND_KEY}));
}

Test(suppressions, only_regular_files)
{
    char path[256];
    snprintf(path, sizeof path, "%s/fifo", support_directory());
    cr_assert_eq(mkfifo(path, 0600), 0);
    cr_assert_not(suppressions_read(path, TODAY));
    cr_assert_not(suppressions_read(support_directory(), TODAY));
    cr_assert_not(suppressions_read("/dev/zero", TODAY));
    cr_assert_not(suppressions_read("/nonexistent", TODAY));
    cr_assert(read_text(""));
}

Test(suppressions, days)
{
    cr_assert_eq(suppressions_day(0), 19700101);
    cr_assert_eq(suppressions_day(951782399), 20000228);
    cr_assert_eq(suppressions_day(951782400), 20000229);
    cr_assert_eq(suppressions_day(951868800), 20000301);
    cr_assert_eq(suppressions_day(1798761599), 20261231);
    cr_assert_eq(suppressions_day(1798761600), 20270101);
    cr_assert_eq(suppressions_day(4107542400), 21000301);
}
