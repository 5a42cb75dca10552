// SPDX-License-Identifier: MIT
#include "gate/gate.h"
#include "support.h"

#include <criterion/criterion.h>
#include <criterion/redirect.h>

static struct model three(void)
{
    struct model model = {0};

    SUPPORT_LOAD(&model, HEADER MODULE FINDING(1, 1, "note", ",\"signature\":\"a\"")
                             FINDING(1, 2, "error", ",\"signature\":\"b\"")
                                 FINDING(1, 3, "warning", ",\"signature\":\"c\""));
    return model;
}

static size_t failing(const char *fail_on)
{
    struct model model = three();
    struct gate gate = gate_default();
    size_t count;

    if (fail_on != NULL)
        cr_assert(gate_parse(&gate, fail_on));
    count = gate_count(&gate, &model);
    model_free(&model);
    return count;
}

Test(gate, severities_include_what_is_above)
{
    cr_assert_eq(failing(NULL), 2);
    cr_assert_eq(failing("error"), 1);
    cr_assert_eq(failing("warning"), 2);
    cr_assert_eq(failing("note"), 3);
}

Test(gate, kinds_fail_whatever_their_severity)
{
    cr_assert_eq(failing("key"), 3);
    cr_assert_eq(failing("thread-routine"), 0);
    cr_assert_eq(failing("error,thread-routine"), 1);
    cr_assert_eq(failing("error,note"), 3);
}

Test(gate, verdicts_fail_whatever_their_severity)
{
    cr_assert_eq(failing("lost"), 3);
    cr_assert_eq(failing("held,dangling"), 0);
    cr_assert_eq(failing("error,held"), 1);
}

Test(gate, growth_fails_whatever_its_severity)
{
    struct model model = {0};
    struct gate gate;

    SUPPORT_LOAD(&model, HEADER MODULE FINDING(1, 1, "note", ",\"signature\":\"a\"")
                             FINDING(1, 2, "note", ",\"signature\":\"b\",\"growing\":true"));
    cr_assert(gate_parse(&gate, "growth"));
    cr_assert_eq(gate_count(&gate, &model), 1);
    cr_assert(gate_parse(&gate, "error"));
    cr_assert_eq(gate_count(&gate, &model), 0);
    model_free(&model);
}

Test(gate, its_words_are_all_it_takes)
{
    struct gate gate;
    size_t count = 0;

    for (; gate_word(count) != NULL; count++)
        cr_assert(gate_parse(&gate, gate_word(count)));
    cr_assert_eq(count, SEVERITY_COUNT + VERDICT_COUNT + KIND_COUNT + 1);
}

Test(gate, other_words_are_refused, .init = cr_redirect_stderr)
{
    struct gate gate;

    cr_assert_not(gate_parse(&gate, ""));
    cr_assert_not(gate_parse(&gate, "warnings"));
    cr_assert_not(gate_parse(&gate, "error,"));
    cr_assert_not(gate_parse(&gate, "keys"));
}
