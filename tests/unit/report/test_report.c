// SPDX-License-Identifier: MIT
#include "base/dropped.h"
#include "base/options.h"
#include "base/output.h"
#include "registry/keys.h"
#include "report/signature.h"
#include "report/records.h"
#include "report/report.h"
#include "rules/rules.h"
#include "support.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LATER_NS = 4000000 };

static struct module *gone;

static void start_with(const char *more)
{
    struct text text = {0};
    text_printf(&text, "log_path=%s/report.%%p%s", support_directory(), more);
    support_options(text_string(&text));
    support_catch_stderr();
    output_init();
    support_stop_clock();
    report_init(text_string(&text));
    gone = support_module("gone.so", 1, MODULE_UNLOADED);
}

static void begin(void)
{
    start_with("");
}

TestSuite(report, .init = begin);

/* A finding of key `number`, whose destructor lies `offset` bytes into the module. */
static struct finding key_finding(uint32_t number, uintptr_t offset)
{
    struct object object = object_make(KIND_KEY_DESTRUCTOR);
    object.key.number = number;
    object.key.generation = keys[number].generation = 1;
    return (struct finding){
        .kind = KIND_KEY_DESTRUCTOR,
        .verdict = VERDICT_DANGLING,
        .severity = SEVERITY_ERROR,
        .object = object,
        .module = module_ref(gone),
        .owner = module_ref(gone),
        .function = {gone->start + offset, module_ref(gone)},
        .key = {.live = 1},
    };
}

static uint32_t report_key(uint32_t number, uintptr_t offset)
{
    struct finding finding = key_finding(number, offset);
    return report_finding(&finding, AT_DLCLOSE, false);
}

static json_t *records(const char *type)
{
    return support_of_type(support_records(output_file_path()), type);
}

static const char *text_of(json_t *record, const char *name)
{
    const char *value = json_string_value(json_object_get(record, name));
    return value ? value : "";
}

static long number_of(json_t *record, const char *name)
{
    return (long)json_integer_value(json_object_get(record, name));
}

static json_t *last_of(json_t *array)
{
    cr_assert(json_array_size(array) > 0);
    return json_array_get(array, json_array_size(array) - 1);
}

Test(report, header)
{
    json_t *header = json_array_get(support_records(output_file_path()), 0);
    cr_assert_str_eq(text_of(header, "type"), "header");
    cr_assert_str_eq(text_of(header, "format"), "dlpin-report");
    cr_assert_eq(number_of(header, "version"), 1);
    cr_assert_eq(number_of(header, "pid"), getpid());
    cr_assert_eq(number_of(header, "ppid"), getppid());
    cr_assert(json_array_size(json_object_get(header, "argv")) > 0);
    const char *started = text_of(header, "started");
    cr_assert_eq(strlen(started), 20);
    cr_assert(started[4] == '-' && started[10] == 'T' && started[19] == 'Z');
    cr_assert_eq(strncmp(text_of(header, "options"), "log_path=", 9), 0);
}

Test(report, dates)
{
    static const struct {
        int64_t seconds;
        const char *text;
    } dates[] = {{0, "1970-01-01T00:00:00Z"},
                 {951782400, "2000-02-29T00:00:00Z"},
                 {1709251199, "2024-02-29T23:59:59Z"},
                 {1735689600, "2025-01-01T00:00:00Z"},
                 {4102444799, "2099-12-31T23:59:59Z"}};
    for (size_t i = 0; i < sizeof dates / sizeof *dates; i++) {
        struct text text = {0};
        struct process_info info = {.exe = "x", .started = dates[i].seconds};
        record_header(&text, &info);
        cr_assert_not_null(strstr(text_string(&text), dates[i].text), "%s", text_string(&text));
        text_free(&text);
    }
}

Test(report, modules)
{
    gone->build_id_length = 3;
    memcpy(gone->build_id, "\x00\xab\xff", 3);
    report_module(gone, MODULE_LOADED);
    report_flush_modules();
    json_t *module = last_of(records("module"));
    cr_assert_eq(number_of(module, "id"), 1);
    cr_assert_str_eq(text_of(module, "path"), "/nowhere/gone.so");
    cr_assert_str_eq(text_of(module, "build_id"), "00abff");
    cr_assert_str_eq(text_of(module, "base"), "0x10000");
    cr_assert_str_eq(text_of(module, "state"), "loaded");
    /* The record may be deferred, but only until the next one. */
    report_module(gone, MODULE_UNLOADED);
    report_request(1, REQUEST_DONE);
    cr_assert_str_eq(text_of(last_of(records("module")), "state"), "unloaded");
    cr_assert_str_eq(text_of(last_of(support_records(output_file_path())), "type"), "request");
}

Test(report, modules_are_deferred_until_they_are_reported)
{
    report_module(gone, MODULE_LOADED);
    report_module(gone, MODULE_CLOSED);
    cr_assert_eq(json_array_size(records("module")), 0);
    report_flush_modules();
    cr_assert_eq(json_array_size(records("module")), 2);
}

/* So much is kept, and no more. */
Test(report, not_too_many_modules_wait)
{
    enum { MANY = 1000 };
    for (unsigned i = 0; i < MANY; i++)
        report_module(gone, MODULE_LOADED);
    size_t written = json_array_size(records("module"));
    cr_assert(written > 0 && written < MANY);
}

Test(report, modules_carry_the_time_when_they_were_seen)
{
    report_module(gone, MODULE_LOADED);
    support_pass_ns(LATER_NS + 1);
    report_module(gone, MODULE_UNLOADED);
    report_flush_modules();
    json_t *modules = records("module");
    cr_assert_eq(number_of(json_array_get(modules, 0), "time"), 0);
    cr_assert_eq(number_of(json_array_get(modules, 1), "time"), LATER_NS + 1);
}

Test(report, modules_do_not_wait_when_it_dies)
{
    report_module(gone, MODULE_LOADED);
    report_module(gone, MODULE_UNLOADED);
    report_flush_locked();
    cr_assert_str_eq(text_of(last_of(records("module")), "state"), "unloaded");
}

/* Made by a system call of the program's own, so that nobody knows. */
Test(report, a_child_does_not_write_deferred_records)
{
    report_module(gone, MODULE_LOADED);
    report_flush_modules();
    report_module(gone, MODULE_UNLOADED);
    size_t before = json_array_size(records("module"));
    long child = syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
    if (child == 0) {
        report_flush_locked();
        syscall(SYS_exit_group, 0);
    }
    cr_assert_eq(waitpid((pid_t)child, NULL, 0), child);
    cr_assert_eq(json_array_size(records("module")), before);
    report_flush_locked();
    cr_assert_eq(json_array_size(records("module")), before + 1);
    cr_assert_str_eq(text_of(last_of(records("module")), "state"), "unloaded");
}

Test(report, odd_names_come_out_as_json)
{
    gone->path = "/tmp/\"quoted\"\\\n\xff\xc3\x28 \xe2\x86\x92.so";
    report_module(gone, MODULE_LOADED);
    report_flush_modules();
    json_t *module = last_of(records("module"));
    cr_assert_str_eq(text_of(module, "path"),
                     "/tmp/\"quoted\"\\\n\xef\xbf\xbd\xef\xbf\xbd( \xe2\x86\x92.so");
}

Test(report, a_finding)
{
    uint32_t id = report_key(5, 0x40);
    json_t *finding = last_of(records("finding"));
    cr_assert_eq(number_of(finding, "id"), id);
    cr_assert_str_eq(text_of(finding, "kind"), "key-destructor");
    cr_assert_str_eq(text_of(finding, "verdict"), "dangling");
    cr_assert_str_eq(text_of(finding, "severity"), "error");
    cr_assert_str_eq(text_of(finding, "at"), "dlclose");
    cr_assert_str_eq(text_of(finding, "module_path"), "/nowhere/gone.so");
    cr_assert_eq(number_of(finding, "count"), 1);
    json_t *subject = json_object_get(finding, "subject");
    cr_assert_str_eq(text_of(subject, "object"), "key");
    cr_assert_eq(number_of(subject, "key"), 5);
    cr_assert_eq(number_of(json_object_get(subject, "destructor"), "offset"), 0x40);
    cr_assert_null(json_object_get(finding, "pending"));
    cr_assert_null(json_object_get(finding, "growing"));
    cr_assert_not_null(strstr(support_caught(), "dlpin: ERROR: key-destructor (dangling): "));
    cr_assert_eq(report_severe(), 1);
    cr_assert(report_has_open());
}

Test(report, the_same_object_is_reported_once)
{
    cr_assert_neq(report_key(5, 0x40), 0);
    cr_assert_eq(report_key(5, 0x40), 0);
    cr_assert_eq(json_array_size(records("finding")), 1);
    struct finding finding = key_finding(5, 0x40);
    cr_assert(report_knows(&finding.object));
}

Test(report, repeats_have_one_signature)
{
    uint32_t id = report_key(5, 0x40);
    for (uint32_t i = 6; i < 16; i++)
        cr_assert_eq(report_key(i, 0x40), id);
    json_t *found = records("finding");
    cr_assert_eq(json_array_size(found), 4, "at 1, 2, 4 and 8");
    cr_assert_eq(number_of(last_of(found), "count"), 8);
    cr_assert_neq(report_key(16, 0x44), id, "another destructor");
    static const char *const none[] = {NULL};
    report_finish("exit", false, true, none);
    found = records("finding");
    cr_assert_eq(number_of(last_of(found), "count"), 11, "the last count is written");
}

Test(report, growing_with_each_load)
{
    report_key(5, 0x40);
    struct module *second = support_module("gone.so", 2, MODULE_UNLOADED);
    second->load = 2;
    gone = second;
    report_key(6, 0x40);
    json_t *finding = last_of(records("finding"));
    cr_assert(json_is_true(json_object_get(finding, "growing")));
    json_t *loads = json_object_get(finding, "loads");
    cr_assert_eq(json_array_size(loads), 2);
    cr_assert_eq(json_integer_value(json_array_get(loads, 1)), 2);
}

Test(report, more_loads_than_there_is_room_for)
{
    for (uint32_t i = 1; i <= LOADS_MAX + 20; i++) {
        gone = support_module("gone.so", i, MODULE_UNLOADED);
        gone->load = i;
        report_key(i, 0x40);
    }
    json_t *finding = last_of(records("finding"));
    cr_assert(json_array_size(json_object_get(finding, "loads")) <= LOADS_MAX);
    cr_assert(json_is_true(json_object_get(finding, "growing")));
}

Test(report, resolved_and_found_again)
{
    uint32_t id = report_key(5, 0x40);
    report_revalidate();
    cr_assert_eq(json_array_size(records("resolved")), 0);
    keys[5].generation = 2;
    report_revalidate();
    json_t *resolved = last_of(records("resolved"));
    cr_assert_eq(number_of(resolved, "finding"), id);
    cr_assert_str_eq(text_of(resolved, "how"), "the key was deleted");
    cr_assert_eq(report_severe(), 0);
    cr_assert_not(report_has_open());
    uint32_t again = report_key(6, 0x40);
    cr_assert_neq(again, id, "to a reader the finding with that id is over");
    cr_assert_eq(report_severe(), 1);
    cr_assert_eq(json_array_size(records("finding")), 2);
    cr_assert_eq(number_of(last_of(records("finding")), "id"), again);
    cr_assert_eq(report_key(7, 0x40), again, "this one is not over");
    cr_assert_eq(number_of(last_of(records("finding")), "count"), 2);
}

Test(report, one_of_two_repeats_resolved)
{
    report_key(5, 0x40);
    report_key(6, 0x40);
    keys[5].generation = 2;
    report_revalidate();
    cr_assert_eq(json_array_size(records("resolved")), 0, "the other is still there");
    cr_assert_eq(report_severe(), 1);
    keys[6].generation = 2;
    report_revalidate();
    cr_assert_eq(json_array_size(records("resolved")), 1);
}

static uint32_t report_pending(bool pending, bool quietly)
{
    struct finding finding = key_finding(5, 0x40);
    finding.pending = pending;
    return report_finding(&finding, AT_DLCLOSE, quietly);
}

Test(report, pending_and_confirmed)
{
    uint32_t id = report_pending(true, true);
    json_t *finding = last_of(records("finding"));
    cr_assert(json_is_true(json_object_get(finding, "pending")));
    cr_assert_str_empty(support_caught(), "not yet on standard error");
    report_settle_pending();
    cr_assert_eq(json_array_size(records("resolved")), 0, "the module is unmapped");
    report_pending(false, false);
    finding = last_of(records("finding"));
    cr_assert_eq(number_of(finding, "id"), id);
    cr_assert_null(json_object_get(finding, "pending"));
    cr_assert_eq(number_of(finding, "count"), 1);
    cr_assert_not_null(strstr(support_caught(), "key-destructor"));
}

Test(report, pending_and_not_unmapped)
{
    gone->state = MODULE_LOADED;
    report_pending(true, true);
    report_settle_pending();
    cr_assert_eq(json_array_size(records("resolved")), 1);
    cr_assert_str_empty(support_caught());
    cr_assert_eq(report_severe(), 0);
}

Test(report, pending_and_not_unmapped_at_first)
{
    gone->state = MODULE_LOADED;
    uint32_t id = report_pending(true, true);
    report_settle_pending();
    gone->state = MODULE_UNLOADED;
    uint32_t again = report_pending(false, false);
    cr_assert_neq(again, id);
    json_t *finding = last_of(records("finding"));
    cr_assert_eq(number_of(finding, "id"), again);
    cr_assert_null(json_object_get(finding, "pending"));
    cr_assert_eq(number_of(finding, "count"), 1);
    cr_assert_eq(report_severe(), 1);
}

Test(report, escalation)
{
    struct finding finding = key_finding(5, 0x40);
    finding.kind = KIND_KEY_FOREIGN;
    finding.object = object_make(KIND_KEY_FOREIGN);
    finding.object.deletion.key = 5;
    finding.verdict = VERDICT_MISUSE;
    finding.severity = SEVERITY_WARNING;
    uint32_t id = report_finding(&finding, AT_EVENT, false);
    report_escalate(id + 1);
    cr_assert_eq(json_array_size(records("finding")), 1);
    report_escalate(id);
    json_t *last = last_of(records("finding"));
    cr_assert_str_eq(text_of(last, "severity"), "error");
    cr_assert_eq(number_of(last, "id"), id);
    report_escalate(id);
    cr_assert_eq(json_array_size(records("finding")), 2, "once");
}

static void report_stay(struct module *module)
{
    struct holders *holders = arena_alloc(sizeof *holders);
    cr_assert_not_null(holders);
    holders_add(holders, &(struct holder){.reason = REASON_NODELETE, .flag = true});
    struct object object = object_make(KIND_STILL_MAPPED);
    object.module.id = module->id;
    struct finding finding = {
        .kind = KIND_STILL_MAPPED,
        .verdict = VERDICT_PINNED,
        .severity = SEVERITY_NOTE,
        .object = object,
        .module = module_ref(module),
        .owner = module_ref(module),
        .stay = {.holders = holders},
    };
    report_finding(&finding, AT_DLCLOSE, false);
}

/* Two loads; the group's record reports the second. */
Test(report, what_is_retained_is_its_own_modules)
{
    struct module *first = support_module("twice.so", 2, MODULE_CLOSED);
    struct module *second = support_module("twice.so", 3, MODULE_CLOSED);
    report_stay(first);
    report_stay(second);
    json_t *subject = json_object_get(last_of(records("finding")), "subject");
    cr_assert_null(json_object_get(subject, "retained_blocks"));
    first->retained = (struct retained_heap){true, 3, 300};
    report_retained(first);
    subject = json_object_get(last_of(records("finding")), "subject");
    cr_assert_null(json_object_get(subject, "retained_blocks"), "the other one's");
    second->retained = (struct retained_heap){true, 5, 500};
    report_retained(second);
    json_t *finding = last_of(records("finding"));
    subject = json_object_get(finding, "subject");
    cr_assert_eq(number_of(finding, "module"), second->id);
    cr_assert_eq(number_of(finding, "count"), 2);
    cr_assert_eq(number_of(subject, "retained_blocks"), 5);
    cr_assert_eq(number_of(subject, "retained_bytes"), 500);
    cr_assert(strstr(text_of(finding, "message"), "hold 5 blocks of the heap with 500 bytes"));
}

static struct finding handle_finding(struct module *module, struct module *opener, uintptr_t pc)
{
    struct holders *holders = arena_alloc(sizeof *holders);
    struct stack *stack = arena_alloc(sizeof *stack + sizeof stack->frames[0]);
    cr_assert(holders && stack);
    holders_add(holders, &(struct holder){.reason = REASON_HANDLE, .handles = 1, .opens = 1});
    stack->count = 1;
    stack->frames[0] = (struct frame){opener->start + pc, module_ref(opener)};
    struct object object = object_make(KIND_HANDLE);
    object.module.id = module->id;
    return (struct finding){
        .kind = KIND_HANDLE,
        .verdict = VERDICT_PINNED,
        .severity = SEVERITY_NOTE,
        .object = object,
        .module = module_ref(module),
        .owner = module_ref(module),
        .requester = module_ref(opener),
        .stack = stack,
        .stay = {.holders = holders},
    };
}

/* Modules that one call opened are one finding; a module of another call is another one. A module
 * that is given back is no member any more. */
Test(report, one_call_opened_several)
{
    struct module *opener = support_module("host", 10, MODULE_LOADED);
    struct module *opened[] = {
        support_module("a.so", 11, MODULE_LOADED), support_module("b.so", 12, MODULE_LOADED),
        support_module("c.so", 13, MODULE_LOADED), support_module("d.so", 14, MODULE_LOADED)};
    for (unsigned i = 0; i < 4; i++) {
        struct finding finding = handle_finding(opened[i], opener, i < 3 ? 0x10 : 0x20);
        report_finding(&finding, AT_EXIT, true);
    }
    report_finish("exit", true, false, (const char *const[]){NULL});
    json_t *all = records("finding"), *first = NULL, *record;
    size_t index;
    json_array_foreach(all, index, record)
    {
        if (number_of(record, "id") == 1)
            first = record;
    }
    cr_assert_eq(number_of(json_array_get(all, 0), "id"), 1);
    cr_assert_eq(number_of(first, "count"), 3);
    cr_assert_eq(json_array_size(json_object_get(first, "members")), 3);
    cr_assert_null(json_object_get(first, "growing"));
    cr_assert_eq(number_of(last_of(records("summary")), "findings"), 2);
}

Test(report, after_exit_began)
{
    struct finding finding = key_finding(5, 0x40), before = key_finding(6, 0x60);
    finding.severity = before.severity = SEVERITY_WARNING;
    before.before_exit = true;
    report_exiting();
    report_finding(&finding, AT_EXIT, false);
    cr_assert_str_eq(text_of(last_of(records("finding")), "severity"), "note");
    report_finding(&before, AT_EXIT, false);
    cr_assert_str_eq(text_of(last_of(records("finding")), "severity"), "warning");
    report_key(7, 0x80);
    cr_assert_str_eq(text_of(last_of(records("finding")), "severity"), "error");
}

Test(report, the_end)
{
    static const char *const unseen[] = {"a \"sentence\"", "another", NULL};
    report_key(5, 0x40);
    drop(DROP_STACK);
    report_finish("exit", false, false, unseen);
    json_t *coverage = last_of(records("coverage"));
    cr_assert(json_is_false(json_object_get(json_object_get(coverage, "hooks"), "heap")));
    cr_assert_eq(number_of(json_object_get(coverage, "dropped"), "stacks"), 1);
    cr_assert_eq(json_array_size(json_object_get(coverage, "unseen")), 2);
    json_t *summary = last_of(support_records(output_file_path()));
    cr_assert_str_eq(text_of(summary, "type"), "summary");
    cr_assert_str_eq(text_of(summary, "ended"), "exit");
    cr_assert_eq(number_of(summary, "findings"), 1);
    cr_assert_eq(number_of(json_object_get(summary, "kinds"), "key-destructor"), 1);
    cr_assert_eq(number_of(json_object_get(summary, "severities"), "error"), 1);
}

Test(report, a_label)
{
    setenv("CURRENT", "test \"one\"", 1);
    options.label_env = "CURRENT";
    report_key(5, 0x40);
    cr_assert_str_eq(text_of(last_of(records("finding")), "label"), "test \"one\"");
}

Test(report, a_fork_child_reports_what_is_its_own)
{
    report_key(5, 0x40);
    char *parents = strdup(output_file_path());
    pid_t child = fork();
    if (child == 0) {
        report_fork_child();
        cr_assert_neq(strcmp(output_file_path(), parents), 0);
        cr_assert_eq(report_severe(), 0);
        cr_assert_eq(report_key(5, 0x40), 0, "the parent has said so");
        cr_assert_eq(json_array_size(records("finding")), 0);
        report_key(6, 0x40);
        cr_assert_eq(number_of(last_of(records("finding")), "count"), 1);
        cr_assert_eq(number_of(last_of(records("finding")), "pid"), getpid());
        cr_assert_eq(report_severe(), 1);
        _exit(0);
    }
    int status;
    waitpid(child, &status, 0);
    cr_assert_eq(status, 0);
    cr_assert_eq(json_array_size(records("finding")), 1);
}

Test(no_file, without_a_log_path_only_text)
{
    support_options("");
    support_catch_stderr();
    output_init();
    report_init(NULL);
    gone = support_module("gone.so", 1, MODULE_UNLOADED);
    cr_assert_neq(report_key(5, 0x40), 0);
    cr_assert_null(output_file_path());
    cr_assert_not_null(strstr(support_caught(), "ERROR: key-destructor"));
}

Test(no_file, quiet)
{
    start_with(":quiet=1");
    report_key(5, 0x40);
    cr_assert_str_empty(support_caught());
    cr_assert_eq(json_array_size(records("finding")), 1);
}

Test(no_file, log_empty)
{
    start_with(":log_empty=0");
    cr_assert_null(output_file_path());
    report_module(gone, MODULE_LOADED);
    cr_assert_null(output_file_path(), "loaded with the program");
    report_key(5, 0x40);
    cr_assert_eq(json_array_size(records("header")), 1);
    cr_assert_eq(json_array_size(records("finding")), 1);
}

Test(no_file, a_directory_that_is_missing)
{
    support_options("log_path=/nowhere/at/all/report");
    support_catch_stderr();
    output_init();
    report_init(NULL);
    gone = support_module("gone.so", 1, MODULE_UNLOADED);
    cr_assert_not_null(strstr(support_caught(), "dlpin: cannot create the report file"));
    cr_assert_not_null(strstr(support_caught(), "No such file or directory"));
    cr_assert_neq(report_key(5, 0x40), 0, "on standard error all the same");
}

Test(signature, has_no_addresses)
{
    struct text first = {0}, second = {0};
    start_with("");
    struct finding finding = key_finding(5, 0x40);
    make_signature(&first, &finding);
    cr_assert_str_eq(text_string(&first), "key-destructor|gone.so|gone.so+0x40");
    gone = support_module("gone.so", 9, MODULE_UNLOADED);
    finding = key_finding(77, 0x40);
    make_signature(&second, &finding);
    cr_assert_str_eq(text_string(&first), text_string(&second), "wherever it was mapped");
}
