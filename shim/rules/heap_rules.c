// SPDX-License-Identifier: MIT
/* Blocks that unloaded modules made. */
#include "base/json.h"
#include "registry/heap.h"
#include "rules/paths.h"
#include "rules/rule.h"
#include "rules/words.h"

static void copy_blocks(const struct result *result, struct finding *finding)
{
    const struct site *site = site_get(result->site);
    finding->address = result->start;
    finding->blocks = result->blocks;
    finding->bytes = result->bytes;
    finding->heap.hanging_blocks = result->hanging_blocks;
    finding->heap.hanging_bytes = result->hanging_bytes;
    if (!site)
        return;
    finding->owner = module_ref(site->owner.module);
    finding->requester = module_ref(site->requester.module);
    finding->stack = site->stack ? stack_copy(site->stack) : NULL;
}

static void word_blocks(struct text *message, size_t blocks, size_t bytes)
{
    word_count(message, blocks, "block");
    text_add(message, " of ");
    word_count(message, bytes, "byte");
    if (blocks != 1)
        text_add(message, " in all");
}

static bool match_heap_lost(const struct subject *subject, struct finding *finding)
{
    const struct result *result = subject->retained->result;
    if (result->kind != RESULT_LOST)
        return false;
    finding->verdict = VERDICT_LOST;
    finding->severity = SEVERITY_WARNING;
    finding->module = module_ref(result->module);
    copy_blocks(result, finding);
    return true;
}

/* By the function that makes it, in the file libsupc++/eh_alloc.cc. */
static bool is_emergency_pool(const struct finding *finding)
{
    return words_stack_names(finding->stack, "9__freeresEv") ||
           words_stack_names(finding->stack, "eh_alloc");
}

/* operator new is among the innermost frames. */
static const char *freeing_call(const struct finding *finding)
{
    return words_stack_names(finding->stack, "_Znw")   ? "delete"
           : words_stack_names(finding->stack, "_Zna") ? "delete[]"
                                                       : "free";
}

/* Rust drops no static when a module is unloaded, and has no destructors of modules. */
static void word_drop(struct text *fix, const struct finding *finding, bool one)
{
    text_printf(fix, "Drop %s in ", one ? "it" : "them");
    word_identity(fix, finding->module);
    text_add(fix, " before it is unloaded: take the value out of the static that has it. What "
                  "Rust's library keeps for itself cannot be dropped; where that is so, let the "
                  "module stay (RTLD_NODELETE)");
}

static void explain_heap_lost(const struct finding *finding, struct message *message)
{
    bool one = finding->blocks == 1;
    word_fate(&message->cause, finding);
    word_blocks(&message->cause, finding->blocks, finding->bytes);
    text_printf(&message->cause,
                " that it allocated %s still there, though nothing reaches %s any more",
                one ? "is" : "are", one ? "it" : "them");
    if (finding->heap.hanging_blocks) {
        text_add(&message->cause, "; ");
        word_blocks(&message->cause, finding->heap.hanging_blocks, finding->heap.hanging_bytes);
        text_printf(&message->cause, " %s reached through %s alone",
                    finding->heap.hanging_blocks == 1 ? "is" : "are", one ? "it" : "them");
    }
    text_add(&message->consequence, "Nobody can free this memory any more");
    if (is_emergency_pool(finding)) {
        text_add(&message->consequence, ": it is the emergency pool for exceptions of a libstdc++ "
                                        "that is linked into the module");
        text_add(&message->fix, "Link ");
        word_identity(&message->fix, finding->module);
        text_add(&message->fix, " with the shared libstdc++, which is loaded once");
        return;
    }
    if (words_is_rust(finding)) {
        word_drop(&message->fix, finding, one);
        return;
    }
    text_printf(&message->fix, "Call %s for %s", freeing_call(finding), one ? "it" : "them");
    word_undo(&message->fix, finding);
}

static bool match_heap_held(const struct subject *subject, struct finding *finding)
{
    const struct result *result = subject->retained->result;
    if (result->kind != RESULT_HELD)
        return false;
    finding->verdict = VERDICT_HELD;
    finding->severity = SEVERITY_NOTE;
    finding->module = module_ref(result->module);
    finding->path = path_make(result, result->module);
    copy_blocks(result, finding);
    return true;
}

static void explain_heap_held(const struct finding *finding, struct message *message)
{
    bool one = finding->blocks == 1;
    word_fate(&message->cause, finding);
    word_blocks(&message->cause, finding->blocks, finding->bytes);
    text_printf(&message->cause, " that it allocated %s still reached", one ? "is" : "are");
    if (finding->path) {
        text_add(&message->cause, " from ");
        path_describe_root(&message->cause, finding->path);
    }
    if (finding->heap.hanging_blocks) {
        text_add(&message->cause, ", and through ");
        text_add(&message->cause, one ? "it " : "them ");
        word_blocks(&message->cause, finding->heap.hanging_blocks, finding->heap.hanging_bytes);
    }
    if (words_stack_names(finding->stack, "__cxa_allocate_exception")) {
        text_add(&message->consequence,
                 "It is an exception object, which lives as long as somebody "
                 "has it");
        word_drop_exception(&message->fix);
        return;
    }
    if (word_end_of_call(&message->fix, finding->path)) {
        text_add(&message->consequence, "The thread may still use what it has there");
        return;
    }
    text_printf(
        &message->consequence,
        "If the module handed %s over to another owner, who frees %s, all is well; if %s forgotten "
        "there, %s allocated until the process ends",
        one ? "it" : "them", one ? "it" : "them", one ? "it was" : "they were",
        one ? "it stays" : "they stay");
    text_printf(&message->fix, "Unless another owner frees %s, remove %s from there and call %s",
                one ? "it" : "them", one ? "it" : "them", freeing_call(finding));
    word_undo(&message->fix, finding);
}

static void identify(const struct subject *subject, struct object *object)
{
    object->heap.start = subject->retained->result->start;
    object->heap.site = subject->retained->result->site;
}

static void still_holds(const struct object *object, const char **how)
{
    if (!heap_is_block(object->heap.start, object->heap.site))
        *how = "the memory was freed";
}

static void write_subject(struct text *text, const struct finding *finding)
{
    json_address(text, "address", finding->address);
    json_number(text, "blocks", finding->blocks);
    json_number(text, "bytes", finding->bytes);
    json_number(text, "hanging_blocks", finding->heap.hanging_blocks);
    json_number(text, "hanging_bytes", finding->heap.hanging_bytes);
}

const struct object_class heap_class = {
    .identify = identify,
    .still_holds = still_holds,
    .write_subject = write_subject,
};

const struct rule rule_HEAP_LOST = {&heap_class, match_heap_lost, explain_heap_lost,
                                    CLOSED_NOTHING};
const struct rule rule_HEAP_HELD = {&heap_class, match_heap_held, explain_heap_held,
                                    CLOSED_NOTHING};
