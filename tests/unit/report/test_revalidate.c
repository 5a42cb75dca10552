// SPDX-License-Identifier: MIT
/* Findings of words that left their places, which are settled by a search. */
#include "base/options.h"
#include "base/output.h"
#include "report/report.h"
#include "rules/rules.h"
#include "scan/ranges.h"
#include "support.h"

static struct module *gone;

static void begin(void)
{
    struct text text = {0};
    text_printf(&text, "log_path=%s/report.%%p:quiet=1", support_directory());
    support_options(text_string(&text));
    output_init();
    report_init(text_string(&text));
    gone = support_module("gone.so", 1, MODULE_UNLOADED);
}

TestSuite(revalidate, .init = begin);

static size_t resolved(void)
{
    return json_array_size(support_of_type(support_records(output_file_path()), "resolved"));
}

/* A word at `slot` that leads to code of the module. */
static void report_word(uintptr_t *slot)
{
    struct object object = object_make(KIND_POINTER);
    *slot = object.slot.word = gone->start + 0x40;
    object.slot.address = (uintptr_t)slot;
    struct finding finding = {
        .kind = KIND_POINTER,
        .verdict = VERDICT_DANGLING,
        .severity = SEVERITY_WARNING,
        .object = object,
        .module = module_ref(gone),
        .function = {*slot, module_ref(gone)},
        .slot = {.address = (uintptr_t)slot},
    };
    report_finding(&finding, AT_DLCLOSE, false);
}

static const struct ranges *range_of(struct module *module)
{
    static struct ranges ranges;
    ranges.count = 0;
    ranges_add(&ranges, module);
    ranges_ready(&ranges);
    return &ranges;
}

/* The copy of the program in which the word was searched for had it as a word of the other one. */
Test(revalidate, a_word_that_left_its_place_and_may_be_of_a_later_module)
{
    static uintptr_t slot;
    struct module *later = support_module("later.so", 2, MODULE_UNLOADED);
    later->start = gone->start;
    later->end = gone->end;
    options.scan = SCAN_FULL;
    report_word(&slot);
    slot = 0;
    report_revalidate();
    cr_assert(report_has_unsettled());
    report_settle(range_of(later));
    cr_assert_eq(resolved(), 0);
    report_settle(range_of(gone));
    cr_assert_eq(resolved(), 1);
    cr_assert_not(report_has_unsettled());
}
