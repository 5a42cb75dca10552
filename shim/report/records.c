// SPDX-License-Identifier: MIT
#include "report/records.h"
#include "base/dropped.h"
#include "base/sys.h"
#include "modules/symbols.h"
#include "registry/keys.h"

#include <gnu/libc-version.h>
#include <string.h>
#include <unistd.h>

enum { COMMAND_LINE_MAX = 16384, SIGNATURE_FRAMES = 8 };

#define NAME_OF(enumerator, name, ...) name,

const char *const kind_names[KIND_COUNT] = {DLPIN_KINDS(NAME_OF)};
const char *const severity_names[SEVERITY_COUNT] = {DLPIN_SEVERITIES(NAME_OF)};
static const char *const verdict_names[VERDICT_COUNT] = {DLPIN_VERDICTS(NAME_OF)};
static const char *const occasion_names[AT_COUNT] = {DLPIN_OCCASIONS(NAME_OF)};
static const char *const state_names[MODULE_STATE_COUNT] = {DLPIN_MODULE_STATES(NAME_OF)};
static const char *const drop_names[DROP_COUNT] = {DLPIN_DROPS(NAME_OF)};
static const char *const place_names[] = {NULL, "image", "block"};

/* --- fields
 * --------------------------------------------------------------------------------------------- */

static void begin(struct text *text, const char *type)
{
    text_printf(text, "{\"type\":\"%s\",\"pid\":%d", type, sys_getpid());
}

static void end(struct text *text)
{
    text_add(text, "}\n");
}

static void add_string(struct text *text, const char *name, const char *value)
{
    text_printf(text, ",\"%s\":", name);
    text_add_json(text, value);
}

static void add_number(struct text *text, const char *name, uint64_t value)
{
    text_printf(text, ",\"%s\":%lu", name, (unsigned long)value);
}

static void add_address(struct text *text, const char *name, uintptr_t value)
{
    text_printf(text, ",\"%s\":\"%lx\"", name, (unsigned long)value);
}

static void add_module(struct text *text, const char *name, const struct module *module)
{
    if (module)
        add_number(text, name, module->id);
}

static void frame_fields(struct text *text, const struct frame *frame, const char *symbol)
{
    text_printf(text, "{\"pc\":\"%lx\",\"module\":", (unsigned long)frame->pc);
    if (frame->module)
        text_add_uint(text, frame->module->id);
    else
        text_add(text, "null");
    uintptr_t bias = frame->module ? frame->module->bias : 0;
    text_printf(text, ",\"offset\":%lu,\"symbol\":", (unsigned long)(frame->pc - bias));
    text_add_json(text, symbol);
    text_add(text, "}");
}

/* `back` is 1 for return addresses: the call before them is what has the name. */
static void frame_json(struct text *text, const struct frame *frame, unsigned back)
{
    char symbol[SYMBOL_MAX];
    bool named = symbol_find(frame->module, frame->pc - back, symbol);
    frame_fields(text, frame, named ? symbol : NULL);
}

static void add_frame(struct text *text, const char *name, const struct frame *frame)
{
    if (!frame->pc)
        return;
    text_printf(text, ",\"%s\":", name);
    frame_json(text, frame, 0);
}

static void add_stack(struct text *text, const struct stack *stack)
{
    text_add(text, ",\"stack\":[");
    for (uint32_t i = 0; stack && i < stack->count; i++) {
        if (i)
            text_add(text, ",");
        frame_json(text, &stack->frames[i], 1);
    }
    text_add(text, "]");
}

/* --- header
 * -----------------------------------------------------------------------------------------------
 */

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
    add_number(text, "ppid", (uint64_t)getppid());
    add_string(text, "exe", info->exe);
    add_arguments(text);
    add_started(text, info->started);
#if defined(__x86_64__)
    add_string(text, "arch", "x86_64");
#elif defined(__aarch64__)
    add_string(text, "arch", "aarch64");
#else
#error "unknown architecture"
#endif
    text_printf(text, ",\"libc\":\"glibc %s\"", gnu_get_libc_version());
    add_string(text, "options", info->options ? info->options : "");
    end(text);
}

/* --- modules
 * --------------------------------------------------------------------------------------------------
 */

static void add_build_id(struct text *text, const struct module *module)
{
    if (module->build_id_length == 0)
        return;
    text_add(text, ",\"build_id\":\"");
    for (unsigned i = 0; i < module->build_id_length; i++) {
        char digits[2] = {"0123456789abcdef"[module->build_id[i] >> 4],
                          "0123456789abcdef"[module->build_id[i] & 15]};
        text_add_n(text, digits, 2);
    }
    text_add(text, "\"");
}

void record_module(struct text *text, const struct module *module, enum module_state state,
                   uint64_t time)
{
    begin(text, "module");
    add_number(text, "time", time);
    add_number(text, "id", module->id);
    add_string(text, "path", module->path);
    if (module->soname)
        add_string(text, "soname", module->soname);
    add_build_id(text, module);
    add_address(text, "base", module->start);
    add_address(text, "end", module->end);
    add_number(text, "load", module->load);
    /* Without its name: a file would have to be read for each load. Readers have the offset. */
    if (module->opener) {
        struct module *opener = modules_by_id(module->opener_module);
        text_add(text, ",\"opener\":");
        frame_fields(text, &(struct frame){module->opener, opener}, NULL);
    }
    add_string(text, "state", state_names[state]);
    end(text);
}

/* --- findings
 * ---------------------------------------------------------------------------------------------------
 */

static void add_key_subject(struct text *text, const struct finding *finding)
{
    text_printf(text, "\"object\":\"key\",\"key\":%u", finding->key);
    add_frame(text, "destructor", &finding->function);
    add_number(text, "keys_live", finding->keys_live);
    add_number(text, "keys_max", KEYS_MAX);
}

static void add_address_subject(struct text *text, const struct finding *finding, const char *name)
{
    add_address(text, name, finding->address);
    if (finding->place != PLACE_NONE)
        add_string(text, "where", place_names[finding->place]);
    if (finding->bytes)
        add_number(text, "block_bytes", finding->bytes);
}

static void add_thread(struct text *text, const struct finding *finding)
{
    add_number(text, "tid", (uint64_t)finding->tid);
    add_string(text, "thread_name", finding->thread_name);
}

static void add_subject(struct text *text, const struct finding *finding)
{
    text_add(text, ",\"subject\":{");
    switch (finding->object.type) {
    case OBJECT_KEY:
        add_key_subject(text, finding);
        break;
    case OBJECT_DELETION:
        add_key_subject(text, finding);
        if (!finding->tid)
            break;
        add_thread(text, finding);
        add_address_subject(text, finding, "address");
        break;
    case OBJECT_VALUE:
        text_printf(text, "\"object\":\"value\",\"key\":%u", finding->key);
        add_thread(text, finding);
        add_address_subject(text, finding, "address");
        add_frame(text, "destructor", &finding->function);
        break;
    case OBJECT_THREAD:
        text_add(text, "\"object\":\"thread\"");
        add_thread(text, finding);
        add_frame(text, "function", &finding->function);
        add_frame(text, "via", &finding->via);
        add_address_subject(text, finding, "argument");
        break;
    }
    add_module(text, "owner", finding->owner);
    add_module(text, "requester", finding->requester);
    text_add(text, "}");
}

static void add_counts(struct text *text, const struct finding_record *record)
{
    add_number(text, "count", record->count);
    if (record->finding->bytes)
        add_number(text, "bytes", record->finding->bytes);
    if (record->growing)
        text_add(text, ",\"growing\":true");
    text_add(text, ",\"loads\":[");
    for (unsigned i = 0; i < record->load_count; i++)
        text_printf(text, "%s%u", i ? "," : "", record->loads[i]);
    text_add(text, "]");
}

void record_finding(struct text *text, const struct finding_record *record, uint64_t time)
{
    const struct finding *finding = record->finding;
    begin(text, "finding");
    add_number(text, "time", time);
    add_number(text, "id", record->id);
    add_string(text, "kind", kind_names[finding->kind]);
    add_string(text, "verdict", verdict_names[finding->verdict]);
    add_string(text, "severity", severity_names[finding->severity]);
    add_module(text, "module", finding->module);
    add_string(text, "module_path", finding->module ? finding->module->path : "");
    add_string(text, "message", record->message);
    add_string(text, "at", occasion_names[record->at]);
    add_counts(text, record);
    if (record->label)
        add_string(text, "label", record->label);
    if (finding->pending)
        text_add(text, ",\"pending\":true");
    add_subject(text, finding);
    add_stack(text, finding->stack);
    add_string(text, "signature", record->signature);
    end(text);
}

void record_resolved(struct text *text, uint32_t finding, const char *how, uint64_t time)
{
    begin(text, "resolved");
    add_number(text, "time", time);
    add_number(text, "finding", finding);
    add_string(text, "how", how);
    end(text);
}

/* --- the end
 * ------------------------------------------------------------------------------------------------------
 */

void record_coverage(struct text *text, const char *const *families, const bool *active,
                     const char *const *unseen, uint64_t time)
{
    const char *comma = "";
    begin(text, "coverage");
    add_number(text, "time", time);
    text_add(text, ",\"hooks\":{");
    for (unsigned i = 0; families[i]; i++)
        text_printf(text, "%s\"%s\":%s", i ? "," : "", families[i], active[i] ? "true" : "false");
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
    end(text);
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
    begin(text, "summary");
    add_number(text, "time", time);
    add_number(text, "findings", summary->findings);
    add_table(text, "kinds", kind_names, summary->kinds, KIND_COUNT);
    add_table(text, "verdicts", verdict_names, summary->verdicts, VERDICT_COUNT);
    add_table(text, "severities", severity_names, summary->severities, SEVERITY_COUNT);
    add_string(text, "ended", summary->ended);
    end(text);
}

/* --- text
 * -----------------------------------------------------------------------------------------------------------
 */

static void print_frame(struct text *text, unsigned number, const struct frame *frame)
{
    char symbol[SYMBOL_MAX];
    const struct module *module = frame->module;
    text_printf(text, "dlpin:     #%u %lx ", number, (unsigned long)frame->pc);
    if (symbol_find(module, frame->pc - 1, symbol))
        text_printf(text, "in %s ", symbol);
    if (module)
        text_printf(text, "(%s+%lx)", module->path, (unsigned long)(frame->pc - module->bias));
    else
        text_add(text, "(code outside of any module)");
    text_add(text, "\n");
}

void print_finding(struct text *text, const struct finding_record *record)
{
    static const char *const titles[SEVERITY_COUNT] = {"note", "WARNING", "ERROR"};
    const struct finding *finding = record->finding;
    text_printf(text, "dlpin: %s: %s (%s): %s\n", titles[finding->severity],
                kind_names[finding->kind], verdict_names[finding->verdict], record->message);
    for (uint32_t i = 0; finding->stack && i < finding->stack->count; i++)
        print_frame(text, i, &finding->stack->frames[i]);
}

/* --- signature
 * --------------------------------------------------------------------------------------------------------
 */

static void add_place(struct text *text, const struct frame *frame)
{
    if (!frame->pc || !frame->module || frame->module->runtime)
        return;
    text_printf(text, "|%s+%lx", frame->module->identity,
                (unsigned long)(frame->pc - frame->module->bias));
}

void make_signature(struct text *text, const struct finding *finding)
{
    text_printf(text, "%s|%s", kind_names[finding->kind],
                finding->module ? finding->module->identity : "?");
    add_place(text, &finding->function);
    for (uint32_t i = 0; finding->stack && i < finding->stack->count && i < SIGNATURE_FRAMES; i++)
        add_place(text, &finding->stack->frames[i]);
}
