// SPDX-License-Identifier: MIT
#include "load/names.h"

#include <criterion/criterion.h>

Test(names, every_kind_has_its_name_and_a_title)
{
    for (int kind = 0; kind < KIND_COUNT; kind++) {
        cr_assert_eq(name_to_kind(kind_name((enum kind)kind)), kind);
        cr_assert_str_not_empty(kind_title(kind_name((enum kind)kind)));
    }
}

Test(names, severities_rise)
{
    cr_assert_lt(name_to_severity("note"), name_to_severity("warning"));
    cr_assert_lt(name_to_severity("warning"), name_to_severity("error"));
}

Test(names, unknown_words_are_negative)
{
    cr_assert_lt(name_to_severity("fatal"), 0);
    cr_assert_lt(name_to_kind(NULL), 0);
    cr_assert_lt(name_to_module_state(""), 0);
    cr_assert_null(kind_title("brand-new"));
}
