// SPDX-License-Identifier: MIT
#include "report/records.h"
#include "base/dropped.h"
#include "base/sys.h"
#include "modules/symbols.h"
#include "registry/keys.h"
#include "rules/paths.h"
#include "rules/words.h"

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

static const char *const target_names[] = {NULL, "code", "vtable", "data"};

/* --- the way
 * --------------------------------------------------------------------------------------------- */

static const char *const node_names[ROOT_KINDS] = {"data",  "tls",  "argument", "value",
                                                   "stack", "data", "mapping"};

static void add_step_thread(struct text *text, const struct path_step *step)
{
    if (!step->step.root.tid)
        return;
    add_number(text, "tid", (uint64_t)step->step.root.tid);
    add_string(text, "thread_name", step->thread_name);
}

/* Returns how far into the node, or into its symbol, the pointer to the next lies. */
static uintptr_t add_variable(struct text *text, const struct path_step *step)
{
    char symbol[SYMBOL_MAX];
    const struct root *root = &step->step.root;
    uintptr_t offset, base = root->kind == ROOT_TLS ? root->start : root->module->bias;
    bool named = path_symbol(&step->step, symbol, &offset);
    add_number(text, "module", root->module->id);
    add_number(text, "offset", step->step.slot - base);
    add_string(text, "symbol", named ? symbol : NULL);
    return named ? offset : 0;
}

static uintptr_t add_root(struct text *text, const struct path_step *step)
{
    const struct root *root = &step->step.root;
    uintptr_t via = 0;
    text_printf(text, "{\"what\":\"%s\"", node_names[root->kind]);
    add_address(text, "address", step->step.slot);
    if (root->kind == ROOT_VALUE)
        add_number(text, "key", root->key);
    if (root->module)
        via = add_variable(text, step);
    add_step_thread(text, step);
    text_add(text, "}");
    return via;
}

static void add_block_node(struct text *text, const struct path_step *step)
{
    text_add(text, "{\"what\":\"block\"");
    add_address(text, "address", step->step.start);
    add_number(text, "bytes", step->step.size);
    add_module(text, "owner", step->owner);
    if (step->owner && step->owner->common)
        text_add(text, ",\"common\":true");
    if (step->maker.pc) {
        text_add(text, ",\"frame\":");
        frame_json(text, &step->maker, 1);
    }
    text_add(text, "}");
}

/* Returns how far into it the pointer to the next lies. */
static uintptr_t add_node(struct text *text, const struct path *path, unsigned n)
{
    const struct path_step *step = &path->steps[n];
    if (n == 0)
        return add_root(text, step);
    add_block_node(text, step);
    return step->step.slot - step->step.start;
}

static void add_image_node(struct text *text, const struct finding *finding)
{
    char symbol[SYMBOL_MAX];
    const struct module *module = finding->module;
    bool named = symbol_find(module, finding->pointee, symbol);
    text_add(text, "{\"what\":\"image\"");
    add_address(text, "address", finding->pointee);
    add_module(text, "module", module);
    add_number(text, "offset", finding->pointee - module->bias);
    add_string(text, "symbol", named ? symbol : NULL);
    add_string(text, "target", target_names[finding->target]);
    text_add(text, "}");
}

/* One step; from its last node a way leads on into the image, or nowhere. */
static void add_step(struct text *text, const struct finding *finding, unsigned n)
{
    const struct path *path = finding->path;
    bool is_last = n + 1 == path->count;
    text_add(text, n ? ",{\"from\":" : "{\"from\":");
    uintptr_t via = add_node(text, path, n);
    text_printf(text, ",\"via\":%lu,\"to\":", (unsigned long)via);
    if (is_last)
        add_image_node(text, finding);
    else
        add_node(text, path, n + 1);
    if (!is_last && path->steps[n + 1].leaves)
        text_add(text, ",\"leaves\":true");
    text_add(text, "}");
}

static void add_path(struct text *text, const struct finding *finding)
{
    const struct path *path = finding->path;
    bool into_image = finding->place == PLACE_IMAGE && finding->target;
    if (!path)
        return;
    text_add(text, ",\"path\":[");
    for (unsigned n = 0; n + !into_image < path->count; n++) {
        if (path->skipped && n + 1 == path->count / 2) {
            text_printf(text, ",{\"skipped\":%u}", path->skipped + 1);
            continue;
        }
        add_step(text, finding, n);
    }
    text_add(text, "]");
}

/* --- subjects
 * -------------------------------------------------------------------------------------------- */

static void add_slot_subject(struct text *text, const struct finding *finding)
{
    const struct path *path = finding->path;
    const struct root *root = path ? &path->steps[0].step.root : NULL;
    bool in_block = path && path->count > 1;
    text_add(text, "\"object\":\"pointer\"");
    add_address(text, "slot", finding->slot);
    if (path) {
        char symbol[SYMBOL_MAX];
        uintptr_t offset;
        add_string(text, "in", in_block ? "block" : node_names[root->kind]);
        if (!in_block)
            add_module(text, "slot_module", root->module);
        if (!in_block && path_symbol(&path->steps[0].step, symbol, &offset)) {
            struct text name = {0};
            text_add(&name, symbol);
            if (offset)
                text_printf(&name, "+%lx", (unsigned long)offset);
            add_string(text, "slot_symbol", text_string(&name));
            text_free(&name);
        }
        if (in_block)
            add_number(text, "block_bytes", path->steps[path->count - 1].step.size);
        if (!in_block)
            add_step_thread(text, &path->steps[0]);
    }
    add_address_subject(text, finding, "address");
    add_string(text, "target", target_names[finding->target]);
    add_frame(text, "function", &finding->function);
}

static void add_heap_subject(struct text *text, const struct finding *finding)
{
    text_add(text, "\"object\":\"heap\"");
    add_address(text, "address", finding->address);
    add_number(text, "blocks", finding->blocks);
    add_number(text, "bytes", finding->bytes);
    add_number(text, "hanging_blocks", finding->hanging_blocks);
    add_number(text, "hanging_bytes", finding->hanging_bytes);
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
    case OBJECT_SLOT:
        add_slot_subject(text, finding);
        break;
    case OBJECT_HEAP:
        add_heap_subject(text, finding);
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
    if (record->finding->blocks)
        add_number(text, "blocks", record->finding->blocks);
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
    add_path(text, finding);
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

static void print_path(struct text *text, const struct finding *finding)
{
    const struct path *path = finding->path;
    for (unsigned n = 0; path && n < path->count; n++) {
        const struct path_step *step = &path->steps[n];
        if (path->skipped && n == path->count / 2)
            text_printf(text, "dlpin:     … %u more\n", path->skipped);
        text_add(text, n ? "dlpin:     -> " : "dlpin:     from ");
        path_describe(text, path, n);
        if (n > 0 && step->step.slot)
            text_printf(text, ", at +%lx", (unsigned long)(step->step.slot - step->step.start));
        text_add(text, "\n");
    }
    if (path && finding->target) {
        text_add(text, "dlpin:     -> ");
        word_target(text, finding);
        text_add(text, "\n");
    }
}

void print_finding(struct text *text, const struct finding_record *record)
{
    static const char *const titles[SEVERITY_COUNT] = {"note", "WARNING", "ERROR"};
    const struct finding *finding = record->finding;
    text_printf(text, "dlpin: %s: %s (%s): %s\n", titles[finding->severity],
                kind_names[finding->kind], verdict_names[finding->verdict], record->message);
    print_path(text, finding);
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

/* Pointers from one variable, or from blocks of one call site, are one finding, wherever into the
 * module they lead. */
static void add_slot_place(struct text *text, const struct finding *finding)
{
    const struct path *path = finding->path;
    const struct step *root = path ? &path->steps[0].step : NULL;
    char symbol[SYMBOL_MAX];
    uintptr_t offset;
    text_printf(text, "|%s", target_names[finding->target]);
    if (!root || path->count > 1 || !root->root.module)
        return;
    text_printf(text, "|%s+", root->root.module->identity);
    if (path_symbol(root, symbol, &offset))
        text_add(text, symbol);
    else
        text_add_hex(text, offset);
}

void make_signature(struct text *text, const struct finding *finding)
{
    text_printf(text, "%s|%s", kind_names[finding->kind],
                finding->module ? finding->module->identity : "?");
    if (finding->object.type == OBJECT_SLOT)
        add_slot_place(text, finding);
    else
        add_place(text, &finding->function);
    for (uint32_t i = 0; finding->stack && i < finding->stack->count && i < SIGNATURE_FRAMES; i++)
        add_place(text, &finding->stack->frames[i]);
}
