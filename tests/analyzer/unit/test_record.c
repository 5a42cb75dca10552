// SPDX-License-Identifier: MIT
#include "load/record.h"

#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <stdio.h>
#include <string.h>

#define FINDING                                                                      \
    "\"type\":\"finding\",\"pid\":7,\"id\":1,\"kind\":\"key\",\"verdict\":\"lost\"," \
    "\"severity\":\"warning\",\"message\":\"m\""

static struct record *parse(const char *line)
{
    char problem[256];
    struct record *record = record_parse(line, strlen(line), problem, sizeof problem);

    cr_assert_not_null(record, "%s: %s", line, problem);
    return record;
}

Test(record, header)
{
    struct record *record = parse("{\"type\":\"header\",\"format\":\"dlpin-report\",\"version\":1,"
                                  "\"pid\":7,\"ppid\":6,\"exe\":\"/bin/x\",\"argv\":[\"x\"]}");

    cr_assert_eq(record->type, RECORD_HEADER);
    cr_assert_eq(record->pid, 7);
    cr_assert_eq(record->header.version, 1);
    cr_assert_str_eq(record->header.exe, "/bin/x");
    cr_assert_null(record->header.started);
    record_free(record);
}

Test(record, module)
{
    struct record *record = parse("{\"type\":\"module\",\"id\":3,\"path\":\"/l.so\",\"load\":2,"
                                  "\"base\":\"0x7f0000001000\",\"state\":\"closed\"}");

    cr_assert_eq(record->type, RECORD_MODULE);
    cr_assert_eq(record->pid, RECORD_ABSENT);
    cr_assert_eq(record->module.base, 0x7f0000001000);
    cr_assert_eq(record->module.state, MODULE_CLOSED);
    cr_assert_eq(record->module.load, 2);
    record_free(record);
}

Test(record, a_path_is_a_list_of_nodes)
{
    struct record *record =
        parse("{" FINDING ",\"path\":[{\"from\":{\"what\":\"tls\",\"tid\":4},\"via\":8,"
              "\"to\":{\"what\":\"block\",\"bytes\":16,\"common\":true}},{\"skipped\":7},"
              "{\"from\":{\"what\":\"block\"},\"via\":0,\"to\":{\"what\":\"image\","
              "\"address\":\"0x5\",\"offset\":4},\"leaves\":true}]}");
    const struct path *path = &record->finding.retention_path;

    cr_assert_eq(path->count, 4);
    cr_assert_eq(path->nodes[0].tid, 4);
    cr_assert_eq(path->nodes[0].via, 8);
    cr_assert_eq(path->nodes[1].bytes, 16);
    cr_assert(path->nodes[1].common);
    cr_assert_eq(path->nodes[1].via, RECORD_ABSENT);
    cr_assert_eq(path->nodes[2].skipped, 7);
    cr_assert_null(path->nodes[2].frame);
    cr_assert_eq(path->nodes[3].frame->pc, 5);
    cr_assert_eq(path->nodes[3].frame->offset, 4);
    cr_assert(path->nodes[3].leaves);
    record_free(record);
}

static void refuse(const char *path, const char *why)
{
    char line[1024];
    struct record *record;

    snprintf(line, sizeof line, "{" FINDING ",\"count\":3,\"path\":%s}", path);
    record = parse(line);
    cr_assert_not_null(record->flaw, "%s", path);
    cr_assert_str_eq(strchr(record->flaw, ':') + 2, why);
    cr_assert_null(record->finding.path);
    cr_assert_eq(record->finding.retention_path.count, 0);
    cr_assert_eq(record->finding.count, 3);
    record_free(record);
}

Test(record, a_damaged_path_is_named_and_the_finding_kept)
{
    refuse("{}", "\"path\" is not an array");
    refuse("[3]", "a step of \"path\" is not an object");
    refuse("[{}]", "a step of \"path\" has no \"from\" or no \"to\"");
    refuse("[{\"from\":{\"what\":\"data\"}}]", "a step of \"path\" has no \"from\" or no \"to\"");
    refuse("[{\"from\":{},\"to\":{\"what\":\"block\"}}]", "\"what\" is missing");
    refuse("[{\"from\":{\"what\":\"data\",\"address\":7},\"to\":{\"what\":\"block\"}}]",
           "\"address\" is not a string");
    refuse("[{\"from\":{\"what\":\"block\",\"bytes\":-1},\"to\":{\"what\":\"block\"}}]",
           "\"bytes\" is negative");
    refuse("[{\"skipped\":-1}]", "\"skipped\" is negative");
    refuse("[{\"skipped\":4}]", "\"path\" ends with a gap");
    refuse("[{\"from\":{\"what\":\"data\"},\"to\":{\"what\":\"block\",\"address\":\"0x5\","
           "\"frame\":{\"pc\":\"0x1\"}}},"
           "{\"from\":{\"what\":\"block\",\"address\":\"0x6\",\"frame\":{\"pc\":\"0x1\"}},"
           "\"to\":{\"what\":\"image\"}}]",
           "a step of \"path\" does not begin where the one before it ends");
}

Test(record, finding_with_frames)
{
    struct record *record =
        parse("{" FINDING ",\"count\":3,\"loads\":[1,2],\"growing\":true,\"bytes\":null,"
              "\"subject\":{\"object\":\"key\",\"owner\":2,\"destructor\":{\"pc\":\"0x20\","
              "\"module\":2,\"offset\":16,\"symbol\":\"end\"}},"
              "\"stack\":[{\"pc\":\"0xffffffffffffffff\",\"module\":null,\"offset\":5}]}");
    const struct finding_record *finding = &record->finding;

    cr_assert_eq(finding->count, 3);
    cr_assert_eq(finding->bytes, RECORD_ABSENT);
    cr_assert(finding->growing);
    cr_assert_not(finding->pending);
    cr_assert_eq(finding->point_count, 1);
    cr_assert_str_eq(finding->points[0].role, "destructor");
    cr_assert_not(finding->points[0].returns);
    cr_assert_eq(finding->points[0].offset, 16);
    cr_assert_eq(finding->stack_count, 1);
    cr_assert(finding->stack[0].returns);
    cr_assert_eq(finding->stack[0].module, RECORD_ABSENT);
    cr_assert_eq(finding->stack[0].pc, UINT64_MAX);
    record_free(record);
}

Test(record, a_return_address_in_a_subject_is_one)
{
    struct record *record =
        parse("{" FINDING ",\"subject\":{\"object\":\"frame\",\"returns_to\":{\"pc\":\"0x20\"}}}");

    cr_assert_eq(record->finding.point_count, 1);
    cr_assert(record->finding.points[0].returns);
    record_free(record);
}

Test(record, crash)
{
    struct record *record = parse(
        "{\"type\":\"crash\",\"pid\":7,\"signal\":11,\"signal_name\":\"SIGSEGV\",\"module\":2,"
        "\"address\":\"0x9\",\"offset\":8,\"symbol\":\"f\",\"predicted_by\":3,"
        "\"stack\":[{\"pc\":\"0x9\",\"module\":2},{\"pc\":\"0x5\"}]}");
    const struct crash_record *crash = &record->crash;

    cr_assert_eq(record->type, RECORD_CRASH);
    cr_assert_eq(crash->signal, 11);
    cr_assert_str_eq(crash->signal_name, "SIGSEGV");
    cr_assert_eq(crash->predicted_by, 3);
    cr_assert_eq(crash->place->pc, 9);
    cr_assert_eq(crash->place->module, 2);
    cr_assert_str_eq(crash->place->symbol, "f");
    cr_assert_eq(crash->stack_count, 2);
    cr_assert_not(crash->stack[0].returns);
    cr_assert(crash->stack[1].returns);
    record_free(record);
}

Test(record, an_unknown_type_is_no_error)
{
    struct record *record = parse("{\"type\":\"later\",\"pid\":7}");

    cr_assert_eq(record->type, RECORD_UNKNOWN);
    record_free(record);
}

Test(record, unknown_members_kinds_and_verdicts_are_no_error)
{
    struct record *record =
        parse("{\"type\":\"finding\",\"id\":1,\"kind\":\"new\",\"verdict\":\"newer\","
              "\"severity\":\"note\",\"message\":\"m\",\"future\":{\"x\":[]}}");

    cr_assert_str_eq(record->finding.kind, "new");
    record_free(record);
}

struct bad_line {
    char line[200];
    char problem[60];
};

ParameterizedTestParameters(record, bad_lines)
{
    static struct bad_line lines[] = {
        {"", ""},
        {"{", ""},
        {"[]", "not an object"},
        {"{\"type\":\"finding\"", ""},
        {"{\"pid\":1}", "\"type\" is missing"},
        {"{\"type\":1}", "\"type\" is not a string"},
        {"{\"type\":\"module\",\"pid\":\"1\"}", "\"pid\" is not an integer"},
        {"{\"type\":\"module\",\"pid\":-1}", "\"pid\" is negative"},
        {"{\"type\":\"module\",\"id\":1,\"path\":\"/x\",\"state\":\"gone\"}",
         "unknown state \"gone\""},
        {"{\"type\":\"module\",\"id\":1,\"path\":\"/x\",\"state\":\"closed\",\"base\":4096}",
         "\"base\" is not a string"},
        {"{\"type\":\"module\",\"id\":1,\"path\":\"/x\",\"state\":\"closed\",\"base\":\"4096\"}",
         "\"base\" is not an address (0x…)"},
        {"{\"type\":\"module\",\"id\":1,\"path\":\"/x\",\"state\":\"closed\",\"base\":\"0x-1\"}",
         "\"base\" is not an address (0x…)"},
        {"{\"type\":\"module\",\"id\":1,\"path\":\"/x\",\"state\":\"closed\","
         "\"base\":\"0x10000000000000000\"}",
         "\"base\" is not an address (0x…)"},
        {"{\"type\":\"finding\",\"id\":1,\"kind\":\"k\",\"verdict\":\"v\",\"severity\":\"fatal\"}",
         "unknown severity \"fatal\""},
        {"{" FINDING ",\"growing\":1}", "\"growing\" is not true or false"},
        {"{" FINDING ",\"loads\":[\"1\"]}", "an item of \"loads\" is not an integer"},
        {"{" FINDING ",\"stack\":[7]}", "a frame of \"stack\" is not an object"},
        {"{" FINDING ",\"stack\":{}}", "\"stack\" is not an array"},
        {"{" FINDING ",\"subject\":[]}", "\"subject\" is not an object"},
        {"{" FINDING ",\"subject\":{\"f\":{\"pc\":1}}}", "\"pc\" is not a string"},
        {"{" FINDING ",\"count\":1.5}", "\"count\" is not an integer"},
        {"{\"type\":\"resolved\",\"pid\":1}", "\"finding\" is missing"},
        {"{\"type\":\"crash\",\"pid\":1}", "\"signal\" is missing"},
        {"{\"type\":\"crash\",\"signal\":11,\"address\":9}", "\"address\" is not a string"},
        {"{\"type\":\"crash\",\"signal\":11,\"predicted_by\":\"3\"}",
         "\"predicted_by\" is not an integer"},
        {"{\"type\":\"crash\",\"signal\":11,\"stack\":[1]}",
         "a frame of \"stack\" is not an object"},
    };

    return cr_make_param_array(struct bad_line, lines, sizeof lines / sizeof lines[0]);
}

ParameterizedTest(struct bad_line *bad, record, bad_lines)
{
    char problem[256];
    struct record *record = record_parse(bad->line, strlen(bad->line), problem, sizeof problem);

    cr_assert_null(record, "%s", bad->line);
    cr_assert_str_not_empty(problem);
    if (bad->problem[0] != '\0')
        cr_assert_str_eq(problem, bad->problem);
}
