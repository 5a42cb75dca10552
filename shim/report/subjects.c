// SPDX-License-Identifier: MIT
#include "modules/symbols.h"
#include "registry/keys.h"
#include "registry/signals.h"
#include "registry/tasks.h"
#include "ownership/json.h"
#include "base/names.h"
#include "report/parts.h"
#include "rules/path_json.h"
#include "rules/paths.h"

enum { SIGNATURE_FRAMES = 8 };

static const char *const place_names[] = {NULL, "image", "block"};

static void add_key_subject(struct text *text, const struct finding *finding)
{
    text_printf(text, "\"object\":\"key\",\"key\":%u", finding->key);
    json_frame_member(text, "destructor", &finding->function);
    json_number(text, "keys_live", finding->keys_live);
    json_number(text, "keys_max", KEYS_MAX);
}

static void add_address_subject(struct text *text, const struct finding *finding, const char *name)
{
    json_address(text, name, finding->address);
    if (finding->place != PLACE_NONE)
        json_string(text, "where", place_names[finding->place]);
    if (finding->bytes)
        json_number(text, "block_bytes", finding->bytes);
}

static void add_thread(struct text *text, const struct finding *finding)
{
    json_number(text, "tid", (uint64_t)finding->tid);
    json_string(text, "thread_name", finding->thread_name);
}

static void add_slot_subject(struct text *text, const struct finding *finding)
{
    const struct path *path = finding->path;
    const struct root *root = path ? &path->steps[0].step.root : NULL;
    bool in_block = path && path->count > 1;
    text_add(text, "\"object\":\"pointer\"");
    json_address(text, "slot", finding->slot);
    if (path) {
        char symbol[SYMBOL_MAX];
        uintptr_t offset;
        json_string(text, "in", in_block ? "block" : root_names[root->kind]);
        if (!in_block)
            json_module(text, "slot_module", root->module);
        if (!in_block && path_symbol(&path->steps[0].step, symbol, &offset)) {
            struct text name = {0};
            text_add(&name, symbol);
            if (offset)
                text_printf(&name, "+%lx", (unsigned long)offset);
            json_string(text, "slot_symbol", text_string(&name));
            text_free(&name);
        }
        if (in_block)
            json_number(text, "block_bytes", path->steps[path->count - 1].step.size);
        if (!in_block)
            path_json_thread(text, &path->steps[0]);
    }
    add_address_subject(text, finding, "address");
    json_string(text, "target", target_names[finding->target]);
    json_frame_member(text, "function", &finding->function);
}

static void add_heap_subject(struct text *text, const struct finding *finding)
{
    text_add(text, "\"object\":\"heap\"");
    json_address(text, "address", finding->address);
    json_number(text, "blocks", finding->blocks);
    json_number(text, "bytes", finding->bytes);
    json_number(text, "hanging_blocks", finding->hanging_blocks);
    json_number(text, "hanging_bytes", finding->hanging_bytes);
}

static void add_value_subject(struct text *text, const struct finding *finding)
{
    text_printf(text, "\"object\":\"value\",\"key\":%u", finding->key);
    add_thread(text, finding);
    add_address_subject(text, finding, "address");
    json_frame_member(text, "destructor", &finding->function);
}

static void add_deletion_subject(struct text *text, const struct finding *finding)
{
    add_key_subject(text, finding);
    if (!finding->tid)
        return;
    add_thread(text, finding);
    add_address_subject(text, finding, "address");
}

static void add_thread_subject(struct text *text, const struct finding *finding)
{
    text_add(text, "\"object\":\"thread\"");
    add_thread(text, finding);
    json_frame_member(text, "function", &finding->function);
    json_frame_member(text, "via", &finding->via);
    add_address_subject(text, finding, "argument");
}

static void add_frame_subject(struct text *text, const struct finding *finding)
{
    text_add(text, "\"object\":\"frame\"");
    add_thread(text, finding);
    text_add(text, ",\"returns_to\":");
    json_frame(text, &finding->function, 1);
    if (finding->slot)
        json_address(text, "slot", finding->slot);
    text_printf(text, ",\"unwound\":%s", finding->unwound ? "true" : "false");
}

static void add_registration_subject(struct text *text, const struct finding *finding)
{
    text_add(text, "\"object\":\"registration\"");
    json_string(text, "call", finding->call);
    if (finding->name[0])
        json_string(text, "name", finding->name);
    if (finding->tid)
        add_thread(text, finding);
    json_frame_member(text, "function", &finding->function);
    if (finding->address)
        add_address_subject(text, finding, "address");
}

static void add_task_subject(struct text *text, const struct finding *finding)
{
    text_printf(text, "\"object\":\"task\",\"key\":%u", finding->key);
    add_thread(text, finding);
    json_address(text, "address", finding->address);
    json_string(text, "task", finding->task->name);
    if (finding->reader)
        json_string(text, "reader", finding->reader->name);
    json_number(text, "tasks", finding->tasks);
}

static void add_signal_subject(struct text *text, const struct finding *finding)
{
    char name[ACTION_NAME_MAX];
    action_name(finding->signal, name);
    text_add(text, "\"object\":\"signal\"");
    json_number(text, "signal", (uint64_t)finding->signal);
    json_string(text, "signal_name", name);
    json_frame_member(text, "function", &finding->function);
}

static void add_reason(struct text *text, const struct holder *holder)
{
    text_printf(text, "{\"reason\":\"%s\"", reason_names[holder->reason]);
    if (holder->reason == REASON_HANDLE) {
        json_number(text, "handles", holder->handles);
        json_number(text, "opens", holder->opens);
    }
    if (holder->module)
        json_module(text, "module", holder->module);
    if (holder->symbol[0])
        json_string(text, "symbol", holder->symbol);
    if (holder->reason == REASON_NODELETE)
        json_string(text, "by", holder->flag ? "DF_1_NODELETE" : "RTLD_NODELETE");
    if (holder->tid)
        json_number(text, "tid", (uint64_t)holder->tid);
    if (holder->reason == REASON_TLS_DESTRUCTOR)
        json_number(text, "pending", holder->pending);
    if (holder->thread_name[0])
        json_string(text, "thread_name", holder->thread_name);
    if (holder->object)
        json_address(text, "address", holder->object);
    json_frame_member(text, "function", &(struct frame){holder->function, holder->function_module});
    text_add(text, "}");
}

static void add_module_subject(struct text *text, const struct finding *finding)
{
    const struct holders *holders = finding->holders;
    text_add(text, "\"object\":\"module\",\"reasons\":[");
    for (unsigned i = 0; holders && i < holders->count; i++) {
        text_add(text, i ? "," : "");
        add_reason(text, &holders->list[i]);
    }
    text_add(text, "]");
    if (holders && holders->others)
        json_number(text, "more_reasons", holders->others);
    if (finding->retained.known) {
        json_number(text, "retained_blocks", finding->retained.blocks);
        json_number(text, "retained_bytes", finding->retained.bytes);
    }
    if (finding->reopened)
        text_printf(text, ",\"reopened\":true,\"replaced\":%s",
                    finding->replaced ? "true" : "false");
}

typedef void subject_writer(struct text *text, const struct finding *finding);

static subject_writer *const writers[OBJECT_TYPES] = {
    [OBJECT_KEY] = add_key_subject,       [OBJECT_VALUE] = add_value_subject,
    [OBJECT_THREAD] = add_thread_subject, [OBJECT_DELETION] = add_deletion_subject,
    [OBJECT_SLOT] = add_slot_subject,     [OBJECT_HEAP] = add_heap_subject,
    [OBJECT_FRAME] = add_frame_subject,   [OBJECT_REGISTRATION] = add_registration_subject,
    [OBJECT_TASK] = add_task_subject,     [OBJECT_SIGNAL] = add_signal_subject,
    [OBJECT_MODULE] = add_module_subject,
};

void record_subject(struct text *text, const struct finding *finding)
{
    text_add(text, ",\"subject\":{");
    writers[finding->object.type](text, finding);
    json_module(text, "owner", finding->owner);
    json_module(text, "requester", finding->requester);
    text_add(text, "}");
}

/* --- signature
 * -------------------------------------------------------------------------------------------- */

static void add_place(struct text *text, const struct frame *frame)
{
    if (!frame->pc || !frame->module || frame->module->runtime)
        return;
    text_printf(text, "|%s+%lx", frame->module->identity,
                (unsigned long)(frame->pc - frame->module->bias));
}

/* Pointers from one variable, from variables of one module that have no names, or from blocks of
 * one call site, are one finding, wherever into the module they lead. */
static void add_slot_place(struct text *text, const struct finding *finding)
{
    const struct path *path = finding->path;
    const struct step *root = path ? &path->steps[0].step : NULL;
    char symbol[SYMBOL_MAX];
    uintptr_t offset;
    text_printf(text, "|%s", target_names[finding->target]);
    if (!root || path->count > 1 || !root->root.module)
        return;
    text_printf(text, "|%s", root->root.module->identity);
    if (path_symbol(root, symbol, &offset))
        text_printf(text, "+%s", symbol);
}

void make_signature(struct text *text, const struct finding *finding)
{
    text_printf(text, "%s|%s", kind_names[finding->kind],
                finding->module ? finding->module->identity : "?");
    if (finding->object.type == OBJECT_SIGNAL) {
        char name[ACTION_NAME_MAX];
        action_name(finding->signal, name);
        text_printf(text, "|%s", name);
    }
    if (finding->object.type == OBJECT_SLOT)
        add_slot_place(text, finding);
    else
        add_place(text, &finding->function);
    /* How much of a stack can be unwound depends on when it is looked at. */
    if (finding->object.type == OBJECT_FRAME)
        return;
    for (uint32_t i = 0; finding->stack && i < finding->stack->count && i < SIGNATURE_FRAMES; i++)
        add_place(text, &finding->stack->frames[i]);
}
