// SPDX-License-Identifier: MIT
#include "base/glob.h"
#include "gate/day.h"
#include "gate/entry.h"
#include "gate/exceptions.h"
#include "support.h"
#include "symbolize/symbolize.h"

#include <criterion/criterion.h>
#include <criterion/redirect.h>
#include <stdlib.h>
#include <string.h>

#define SIG "0123456789ab"

Test(day, only_days_of_the_calendar)
{
    static const struct {
        const char *text;
        int day;
    } cases[] = {
        {"2026-01-31", 20260131},
        {"2024-02-29", 20240229},
        {"2000-02-29", 20000229},
        {"2026-02-29", 0},
        {"1900-02-29", 0},
        {"2026-00-10", 0},
        {"2026-13-10", 0},
        {"2026-04-31", 0},
        {"2026-04-00", 0},
        {"2026-4-01", 0},
        {"2026-04-01x", 0},
        {"20260401", 0},
        {"", 0},
        {"-026-01-01", 0},
        {"2026/01/01", 0},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        cr_assert_eq(day_parse(cases[i].text, strlen(cases[i].text)), cases[i].day, "%s",
                     cases[i].text);
    cr_assert_gt(day_today(), 0);
}

static bool matches(const char *pattern, const char *text)
{
    return glob_matches(pattern, strlen(pattern), text);
}

Test(glob, stars_and_question_marks)
{
    cr_assert(matches("*", ""));
    cr_assert(matches("a*c", "abbbc"));
    cr_assert(matches("a?c", "abc"));
    cr_assert(matches("*.so.?", "lib/x.so.1"));
    cr_assert(matches("f[int]", "f[int]"));
    cr_assert(matches("*a*b*", "xxaxxbxx"));
    cr_assert_not(matches("", "a"));
    cr_assert_not(matches("a", "ab"));
    cr_assert_not(matches("?", ""));
    cr_assert_not(matches("a*b", "ac"));
}

static struct entry *parse(const char *text, const char *problem)
{
    struct entry *entry = calloc(1, sizeof *entry);
    char *found = entry_parse(entry, strdup(text));

    if (problem == NULL)
        cr_assert_null(found, "%s: %s", text, found);
    else
        cr_assert(found != NULL && strstr(found, problem) != NULL, "%s: %s", text, found);
    cr_assert(problem == NULL || entry->type == ENTRY_NOTHING);
    cr_assert_str_eq(entry->text, text);
    free(found);
    return entry;
}

Test(entry, patterns)
{
    struct entry *entry =
        parse("  key:libfoo.so*|std::map<int, int>::f()\tuntil=2026-01-31 reason=a # b c  ", NULL);

    cr_assert_eq(entry->type, ENTRY_PATTERN);
    cr_assert_str_eq(entry->kind, "key");
    cr_assert_str_eq(entry->pattern, "libfoo.so*|std::map<int, int>::f()");
    cr_assert_eq(entry->until, 20260131);
    cr_assert_str_eq(entry->reason, "a # b c");
    entry_free(entry);
    entry = parse("*:x reason=until then until=2026-01-31", NULL);
    cr_assert_str_eq(entry->reason, "until then");
    cr_assert_eq(entry->until, 20260131);
    entry_free(entry);
    entry = parse("key:f()::{lambda()#1} # comment until=never", NULL);
    cr_assert_str_eq(entry->pattern, "f()::{lambda()#1}");
    entry_free(entry);
    entry = parse("key:a:b::c\r", NULL);
    cr_assert_str_eq(entry->pattern, "a:b::c");
    entry_free(entry);
}

Test(entry, signatures)
{
    struct entry *entry = parse("sig:0123456789AB kind=key module=a b.so function=f(int, int) "
                                "until=2026-01-31 reason=x",
                                NULL);

    cr_assert_eq(entry->type, ENTRY_SIGNATURE);
    cr_assert_str_eq(entry->signature, SIG);
    cr_assert_str_eq(entry->kind, "key");
    cr_assert_str_eq(entry->module, "a b.so");
    cr_assert_str_eq(entry->function, "f(int, int)");
    entry_free(entry);
}

Test(entry, nothing_and_damaged)
{
    static const char *const damaged[][2] = {
        {"key", "neither"},
        {"until=2026-01-01", "neither"},
        {"keys:x", "unknown kind \"keys\""},
        {":x", "unknown kind \"\""},
        {"key:", "an empty pattern"},
        {"key:a||b", "an empty pattern"},
        {"key:a|", "an empty pattern"},
        {"key:x until=2026-02-30", "until=2026-02-30 is no day"},
        {"key:x until=2026-02-01 until=2026-02-01", "a second until="},
        {"key:x until=", "until= is no day"},
        {"key:x reason=a until=b", "until=b is no day"},
        {"key:x module=y", "belong to sig:"},
        {"sig:", "no signature"},
        {"sig:0123456789a", "no signature"},
        {"sig:0123456789abc", "no signature"},
        {"sig:0123456789ag", "no signature"},
        {"sig:" SIG " kind=a kind=b", "a second kind="},
    };

    for (size_t i = 0; i < sizeof damaged / sizeof *damaged; i++)
        entry_free(parse(damaged[i][0], damaged[i][1]));
    entry_free(parse("", NULL));
    entry_free(parse(" \t # key", NULL));
}

#define FRAMES ",\"stack\":[{\"pc\":\"0x9\",\"module\":2,\"offset\":8,\"symbol\":\"f\"}]"

static struct model signed_model(const char *text)
{
    struct model model = {0};

    support_load(&model, &text, 1);
    symbolize_model(&model);
    model_sign(&model);
    return model;
}

Test(entry, what_a_pattern_matches)
{
    static const struct {
        const char *line;
        bool matches;
    } cases[] = {
        {"key:libplug.so", true},
        {"*:libplug*", true},
        {"key:libplug.so.1", true},
        {"key:/opt/*", true},
        {"key:f", true},
        {"key:libplug.so|f", true},
        {"key:f|/opt/libplug.so.1", true},
        {"key:*", true},
        {"key-destructor:*", false},
        {"key:libplug", false},
        {"key:libplug.so|g", false},
        {"key:g|libplug.so", false},
        {"key:libplug.so|f|*.c", false},
        {"sig:" SIG, false},
    };
    struct model model = signed_model(HEADER MODULE FINDING(1, 1, "note", FRAMES));

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct entry *entry = parse(cases[i].line, NULL);

        cr_assert_eq(entry_matches(entry, model.groups), cases[i].matches, "%s", cases[i].line);
        entry_free(entry);
    }
    free(model.groups->shown->data->stack[0].source);
    model.groups->shown->data->stack[0].source = strdup("/src/plug/main.c");
    struct entry *entry = parse("key:libplug.so|f|main.c", NULL);
    cr_assert(entry_matches(entry, model.groups));
    entry_free(entry);
    entry = parse("key:/src/*.c", NULL);
    cr_assert(entry_matches(entry, model.groups));
    entry_free(entry);
    model_free(&model);
}

/* A name from a report may look like anything. */
Test(entry, a_line_is_read_as_what_it_was)
{
    static const char *const symbols[] = {"f",      "f until=2026-01-01", "f(int)",    "a # b",
                                          "kind=x", "f kind=x",           "f\\nkey:*", "f "};

    for (size_t i = 0; i < sizeof symbols / sizeof *symbols; i++) {
        char text[2048], *line;
        struct model model;
        struct entry *entry;

        snprintf(text, sizeof text,
                 HEADER MODULE FINDING(1, 1, "note",
                                       ",\"stack\":[{\"pc\":\"0x9\",\"module\":2,\"offset\":8,"
                                       "\"symbol\":\"%s\"}]"),
                 symbols[i]);
        model = signed_model(text);
        line = entry_line(model.groups);
        entry = parse(line, NULL);
        cr_assert_str_eq(entry->signature, model.groups->signature.text);
        cr_assert_str_eq(entry->kind, "key");
        cr_assert_str_eq(entry->module, "libplug.so");
        cr_assert_eq(entry->until, 0);
        cr_assert_null(strchr(line, '\n'));
        entry_free(entry);
        free(line);
        model_free(&model);
    }
}

/* Applies lines, of suppressions or of a baseline, to a model. */
static struct exceptions apply(struct model *model, const char *const *lines, size_t count,
                               bool of_baseline, int today)
{
    struct exceptions exceptions = {.today = today};
    struct entries *entries = &exceptions.baseline;

    if (!of_baseline) {
        exceptions.suppression_count = 1;
        exceptions.suppressions = calloc(1, sizeof *exceptions.suppressions);
        entries = exceptions.suppressions;
    }
    entries->path = "file";
    for (size_t i = 0; i < count; i++)
        entries_add(entries, strdup(lines[i]));
    exceptions_apply(&exceptions, model);
    return exceptions;
}

#define APPLY(model, of_baseline, today, ...)        \
    apply(model, (const char *const[]){__VA_ARGS__}, \
          sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *), of_baseline, today)

/* Two in one function by different ways, and one in another. */
#define WAY(id, way)                                                                           \
    FINDING(1, id, "warning",                                                                  \
            ",\"signature\":\"" #id "\",\"stack\":[{\"pc\":\"0x9\",\"module\":2,\"offset\":8," \
            "\"symbol\":\"f\"},{\"pc\":\"0x9\",\"module\":2,\"offset\":9,\"symbol\":\"" way    \
            "\"}]")
#define OTHER                                                                            \
    FINDING(1, 9, "error",                                                               \
            ",\"signature\":\"o\",\"stack\":[{\"pc\":\"0x9\",\"module\":2,\"offset\":8," \
            "\"symbol\":\"other\"}]")

static const char *signature_of(const struct model *model, const char *way)
{
    for (const struct group *group = model->groups; group != NULL; group = group->hh.next) {
        const struct finding_record *data = group->shown->data;

        if (strcmp(data->stack[data->stack_count - 1].function, way) == 0)
            return group->signature.text;
    }
    cr_assert_fail("no %s", way);
    return NULL;
}

Test(exceptions, the_first_part_counts_where_no_other_has_the_whole)
{
    struct model model = signed_model(HEADER MODULE WAY(1, "a") WAY(2, "b") OTHER SUMMARY);
    char line[64];
    struct exceptions exceptions;

    snprintf(line, sizeof line, "sig:%s", signature_of(&model, "a"));
    exceptions = APPLY(&model, true, 20260101, line);
    cr_assert_eq(exceptions.known, 1);
    cr_assert_not(exceptions.baseline.items[0].entry->by_first_part);
    cr_assert_eq(model.severities[SEVERITY_WARNING], 1);
    cr_assert_eq(model.severities[SEVERITY_ERROR], 1);
    exceptions_clear(&exceptions);
    model_free(&model);

    model = signed_model(HEADER MODULE WAY(2, "b") WAY(3, "c") OTHER SUMMARY);
    exceptions = APPLY(&model, true, 20260101, line);
    cr_assert_eq(exceptions.known, 2);
    cr_assert(exceptions.baseline.items[0].entry->by_first_part);
    cr_assert_eq(model.severities[SEVERITY_WARNING], 0);
    exceptions_clear(&exceptions);
    model_free(&model);
}

Test(exceptions, the_last_day_is_included)
{
    for (int today = 20260130; today <= 20260132; today++) {
        struct model model = signed_model(HEADER MODULE OTHER SUMMARY);
        struct exceptions exceptions =
            APPLY(&model, false, today, "key:other until=2026-01-31", "key:none");
        bool over = today > 20260131;

        cr_assert_eq(exceptions.suppressed, !over);
        cr_assert_eq(model.groups->hidden, !over);
        cr_assert_eq(model.groups->expired != NULL, over);
        cr_assert_eq(exceptions.suppressions->items[0].entry->state, ENTRY_USED);
        cr_assert_eq(exceptions.suppressions->items[1].entry->state, ENTRY_UNUSED);
        exceptions_clear(&exceptions);
        model_free(&model);
    }
}

static enum entry_state state_after(const char *report, const char *line)
{
    struct model model = signed_model(report);
    struct exceptions exceptions = APPLY(&model, true, 20260101, line);
    enum entry_state state = exceptions.baseline.items[0].entry->state;

    exceptions_clear(&exceptions);
    model_free(&model);
    return state;
}

#define LOADED                                                                \
    "{\"type\":\"module\",\"pid\":1,\"id\":2,\"path\":\"/opt/libplug.so.1\"," \
    "\"soname\":\"libplug.so\",\"load\":1,\"state\":\"loaded\"}\n"

Test(exceptions, fixed_is_what_an_unloading_could_tell)
{
    const char *const line = "sig:" SIG " kind=key module=libplug.so function=f";

    cr_assert_eq(state_after(HEADER MODULE SUMMARY, line), ENTRY_FIXED);
    cr_assert_eq(state_after(HEADER LOADED SUMMARY, line), ENTRY_UNUSED, "it was not unloaded");
    cr_assert_eq(state_after(HEADER MODULE, line), ENTRY_UNUSED, "the process was killed");
    cr_assert_eq(state_after(HEADER SUMMARY, line), ENTRY_UNUSED, "it was not there");
    cr_assert_eq(state_after(HEADER MODULE SUMMARY, "sig:" SIG), ENTRY_UNUSED, "of which module?");
}

Test(exceptions, what_the_library_suppressed_does_not_count)
{
    struct model model = signed_model(
        HEADER MODULE FINDING(1, 1, "error", ",\"signature\":\"a\",\"suppressed\":true")
            FINDING(1, 2, "error", ",\"signature\":\"a\"" FRAMES) SUMMARY);
    struct exceptions exceptions = APPLY(&model, false, 20260101, "# none");

    cr_assert_eq(exceptions.suppressed, 1);
    cr_assert_eq(model.severities[SEVERITY_ERROR], 1);
    exceptions_clear(&exceptions);
    model_free(&model);
}
