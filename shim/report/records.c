// SPDX-License-Identifier: MIT
#include "report/records.h"
#include "base/action.h"
#include "base/bypassed.h"
#include "base/dropped.h"
#include "base/killed.h"
#include "base/sys.h"
#include "base/unfollowed.h"
#include "modules/identities.h"
#include "ownership/frame_json.h"
#include "base/names.h"
#include "rules/path_json.h"
#include "rules/rule.h"

#include <gnu/libc-version.h>
#include <string.h>
#include <unistd.h>

enum { COMMAND_LINE_MAX = 16384 };

/* Days since 1970 to a date (Howard Hinnant, "chrono-compatible low-level date algorithms"). */
static void add_date(struct text *text, int64_t days)
{
    days += 719468;
    int64_t era = days / 146097;
    unsigned day_of_era = (unsigned)(days - era * 146097);
    unsigned year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    unsigned day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    unsigned shifted = (5 * day_of_year + 2) / 153;
    unsigned day = day_of_year - (153 * shifted + 2) / 5 + 1;
    unsigned month = shifted < 10 ? shifted + 3 : shifted - 9;
    int64_t year = (int64_t)year_of_era + era * 400 + (month <= 2);
    text_printf(text, "%ld-%s%u-%s%u", (long)year, month < 10 ? "0" : "", month,
                day < 10 ? "0" : "", day);
}

static void add_started(struct text *text, int64_t seconds)
{
    unsigned rest = (unsigned)(seconds % 86400);
    unsigned parts[] = {rest / 3600, rest / 60 % 60, rest % 60};
    text_add(text, ",\"started\":\"");
    add_date(text, seconds / 86400);
    for (unsigned i = 0; i < 3; i++)
        text_printf(text, "%c%s%u", i ? ':' : 'T', parts[i] < 10 ? "0" : "", parts[i]);
    text_add(text, "Z\"");
}

static void add_arguments(struct text *text)
{
    char *line = arena_alloc(COMMAND_LINE_MAX);
    ssize_t length = line ? sys_read_file("/proc/self/cmdline", line, COMMAND_LINE_MAX) : 0;
    text_add(text, ",\"argv\":[");
    for (ssize_t at = 0; at < length; at += (ssize_t)strlen(line + at) + 1) {
        if (at)
            text_add(text, ",");
        text_add_json(text, line + at);
    }
    text_add(text, "]");
    arena_free(line, COMMAND_LINE_MAX);
}

void record_header(struct text *text, const struct process_info *info)
{
    text_printf(
        text,
        "{\"type\":\"header\",\"format\":\"%s\",\"version\":%d,\"tool\":\"dlpin %s\",\"pid\":%d",
        DLPIN_REPORT_FORMAT, DLPIN_REPORT_VERSION, DLPIN_VERSION, sys_getpid());
    json_number(text, "ppid", (uint64_t)getppid());
    json_string(text, "exe", info->exe);
    add_arguments(text);
    add_started(text, info->started);
#if defined(__x86_64__)
    json_string(text, "arch", "x86_64");
#elif defined(__aarch64__)
    json_string(text, "arch", "aarch64");
#else
#error "unknown architecture"
#endif
    text_printf(text, ",\"libc\":\"glibc %s\"", gnu_get_libc_version());
    json_string(text, "options", info->options ? info->options : "");
    json_end(text);
}

static void add_build_id(struct text *text, const struct module *module)
{
    if (module->build_id_length == 0)
        return;
    char digits[2 * BUILD_ID_MAX];
    for (unsigned i = 0; i < module->build_id_length; i++) {
        digits[2 * i] = "0123456789abcdef"[module->build_id[i] >> 4];
        digits[2 * i + 1] = "0123456789abcdef"[module->build_id[i] & 15];
    }
    text_add(text, ",\"build_id\":\"");
    text_add_n(text, digits, 2 * (size_t)module->build_id_length);
    text_add(text, "\"");
}

/* By which option. */
static const char *const kept_names[] = {
    [KEPT_NOT] = NULL,
    [KEPT_NAMED] = "fix",
    [KEPT_LEFT_CODE] = "fix",
    [KEPT_PREVENTED] = "prevent",
};

void record_module(struct text *text, const struct module *module, enum module_state state,
                   uint64_t time)
{
    json_begin(text, "module");
    json_number(text, "time", time);
    json_number(text, "id", module->id);
    json_string(text, "path", module->path);
    if (module->soname)
        json_string(text, "soname", module->soname);
    if (module->identity != identity_of(module))
        json_string(text, "identity", module->identity);
    add_build_id(text, module);
    json_address(text, "base", module->start);
    json_address(text, "end", module->end);
    json_number(text, "load", module->load);
    /* Without its name: a file would have to be read for each load. Readers have the offset. */
    if (module->opener) {
        struct module *opener = modules_by_id(module->opener_module);
        text_add(text, ",\"opener\":");
        json_frame_named(text, &(struct frame){module->opener, opener}, NULL);
    }
    json_string(text, "state", state_names[state]);
    if (module->common)
        text_add(text, ",\"common\":true");
    if (kept_names[atomic_load(&module->kept)])
        json_string(text, "kept", kept_names[atomic_load(&module->kept)]);
    json_end(text);
}

void record_reloads(struct text *text, uint32_t module, unsigned count, uint64_t time)
{
    json_begin(text, "reloads");
    json_number(text, "time", time);
    json_number(text, "module", module);
    json_number(text, "count", count);
    json_end(text);
}

static void add_counts(struct text *text, const struct finding_record *record)
{
    json_number(text, "count", record->count);
    if (record->skipped)
        json_number(text, "skipped", record->skipped);
    if (record->finding->bytes)
        json_number(text, "bytes", record->finding->bytes);
    if (record->finding->blocks)
        json_number(text, "blocks", record->finding->blocks);
    if (record->growing)
        text_add(text, ",\"growing\":true");
    text_add(text, ",\"loads\":[");
    for (unsigned i = 0; i < record->load_count; i++)
        text_printf(text, "%s%u", i ? "," : "", record->loads[i]);
    text_add(text, "]");
}

/* A single member says no more than the subject. */
static void add_members(struct text *text, const struct finding_record *record)
{
    unsigned listed = 0, kinds = 0;
    for (const struct member *member = record->members; member; member = member->next) {
        listed += member->count;
        kinds += member->count > 0;
    }
    if (kinds < 2)
        return;
    text_add(text, ",\"members\":[");
    const char *comma = "";
    for (const struct member *member = record->members; member; member = member->next) {
        if (member->count == 0)
            continue;
        text_printf(text, "%s{\"name\":", comma);
        text_add_json(text, member->name);
        json_number(text, "count", member->count);
        json_module(text, "module", member->module);
        text_add(text, "}");
        comma = ",";
    }
    text_add(text, "]");
    if (record->count > listed)
        json_number(text, "more_members", record->count - listed);
}

static void add_message(struct text *text, const struct message *message)
{
    struct text whole = {0};
    message_join(&whole, message);
    json_string(text, "message", text_string(&whole));
    text_free(&whole);
    json_string(text, "cause", text_string(&message->cause));
    json_string(text, "consequence", text_string(&message->consequence));
    json_string(text, "fix", text_string(&message->fix));
}

static void add_subject(struct text *text, const struct finding *finding)
{
    text_printf(text, ",\"subject\":{\"object\":\"%s\"", subject_names[finding->kind]);
    class_of(&finding->object)->write_subject(text, finding);
    json_module(text, "owner", finding->owner);
    json_module(text, "requester", finding->requester);
    text_add(text, "}");
}

void record_finding(struct text *text, const struct finding_record *record, uint64_t time)
{
    const struct finding *finding = record->finding;
    json_begin(text, record->token ? "supposed" : "finding");
    if (record->token)
        json_number(text, "token", record->token);
    json_number(text, "time", time);
    json_number(text, "id", record->id);
    json_string(text, "kind", kind_names[finding->kind]);
    json_string(text, "verdict", verdict_names[finding->verdict]);
    json_string(text, "severity", severity_names[finding->severity]);
    json_module(text, "module", finding->module);
    json_string(text, "module_path", finding->module ? finding->module->path : "");
    add_message(text, record->message);
    json_string(text, "at", occasion_names[record->at]);
    add_counts(text, record);
    add_members(text, record);
    if (record->label)
        json_string(text, "label", record->label);
    if (finding->pending)
        text_add(text, ",\"pending\":true");
    if (record->suppressed)
        text_add(text, ",\"suppressed\":true");
    add_subject(text, finding);
    json_stack(text, finding->stack);
    path_json(text, finding);
    json_string(text, "signature", record->signature);
    json_end(text);
}

void record_resolved(struct text *text, uint32_t finding, const char *how, uint64_t time)
{
    json_begin(text, "resolved");
    json_number(text, "time", time);
    json_number(text, "finding", finding);
    json_string(text, "how", how);
    json_end(text);
}

void record_request(struct text *text, uint32_t token, enum request_state state, unsigned findings,
                    uint64_t time)
{
    json_begin(text, "request");
    json_number(text, "time", time);
    json_number(text, "token", token);
    json_string(text, "state", request_state_names[state]);
    json_number(text, "findings", findings);
    json_end(text);
}

static void add_unfollowed(struct text *text)
{
    struct unfollowed_program program;
    const char *comma = "";
    if (!unfollowed_any())
        return;
    text_add(text, ",\"unfollowed\":[");
    for (unsigned i = 0; unfollowed_get(i, &program); i++) {
        if (!program.count)
            continue;
        text_printf(text, "%s{\"program\":", comma);
        text_add_json(text, program.program);
        json_string(text, "why", unfollowed_names[program.why]);
        json_number(text, "count", program.count);
        text_add(text, "}");
        comma = ",";
    }
    text_add(text, "]");
}

static void add_killed(struct text *text)
{
    const char *comma = "";
    char name[ACTION_NAME_MAX];
    if (!killed_any())
        return;
    text_add(text, ",\"killed\":[");
    for (int signal = 1; signal <= KILLED_SIGNALS; signal++) {
        if (!killed_count(signal))
            continue;
        action_name(signal, name);
        text_printf(text, "%s{\"signal\":%d", comma, signal);
        json_string(text, "signal_name", name);
        json_number(text, "count", killed_count(signal));
        text_add(text, "}");
        comma = ",";
    }
    text_add(text, "]");
}

/* Of a process without plug-ins, a shell for one, nothing would follow from that. */
static void add_bypassed(struct text *text)
{
    const char *name;
    for (unsigned i = 0; atomic_load(&modules_came) && (name = bypassed_get(i)); i++)
        text_printf(text, ",\"%s\":false", name);
}

void record_coverage(struct text *text, bool heap_seen, const char *const *unseen, uint64_t time)
{
    const char *comma = "";
    json_begin(text, "coverage");
    json_number(text, "time", time);
    text_printf(text, ",\"hooks\":{\"heap\":%s", heap_seen ? "true" : "false");
    add_bypassed(text);
    text_add(text, "},\"dropped\":{");
    for (unsigned i = 0; i < DROP_COUNT; i++) {
        unsigned long count = atomic_load(&dropped[i]);
        if (count == 0)
            continue;
        text_printf(text, "%s\"%s\":%lu", comma, drop_names[i], count);
        comma = ",";
    }
    text_add(text, "},\"unseen\":[");
    for (unsigned i = 0; unseen[i]; i++) {
        text_add(text, i ? "," : "");
        text_add_json(text, unseen[i]);
    }
    text_add(text, "]");
    add_unfollowed(text);
    add_killed(text);
    json_end(text);
}

static void add_table(struct text *text, const char *name, const char *const *names,
                      const unsigned *counts, unsigned size)
{
    const char *comma = "";
    text_printf(text, ",\"%s\":{", name);
    for (unsigned i = 0; i < size; i++) {
        if (!counts[i])
            continue;
        text_printf(text, "%s\"%s\":%u", comma, names[i], counts[i]);
        comma = ",";
    }
    text_add(text, "}");
}

void record_summary(struct text *text, const struct summary *summary, uint64_t time)
{
    json_begin(text, "summary");
    json_number(text, "time", time);
    json_number(text, "findings", summary->findings);
    add_table(text, "kinds", kind_names, summary->kinds, KIND_COUNT);
    add_table(text, "verdicts", verdict_names, summary->verdicts, VERDICT_COUNT);
    add_table(text, "severities", severity_names, summary->severities, SEVERITY_COUNT);
    json_string(text, "ended", summary->ended);
    json_end(text);
}
